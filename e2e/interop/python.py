"""Clients of Python: python.py websockets|aiohttp|wsproto ws://127.0.0.1:3001/local"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

import aiohttp
import websockets
from wsproto import ConnectionType, WSConnection
from wsproto.events import (AcceptConnection, CloseConnection, Message, Ping, RejectConnection, Request,
                            TextMessage, BytesMessage)


class Websockets:
    async def open(self, url, protocols):
        self.socket = await websockets.connect(url, subprotocols=protocols or None, compression=None, proxy=None)
        return self.socket.subprotocol

    async def send(self, message):
        await self.socket.send(message)

    async def receive(self):
        return await self.socket.recv()

    async def close(self, code, reason):
        await self.socket.close(code, reason)

    async def closed(self):
        await self.socket.wait_closed()
        return [self.socket.close_code, self.socket.close_reason]


class Aiohttp:
    async def open(self, url, protocols):
        self.session = aiohttp.ClientSession()
        try:
            self.socket = await self.session.ws_connect(url, protocols=protocols, max_msg_size=0)
        except aiohttp.WSServerHandshakeError:
            await self.session.close()
            raise
        return self.socket.protocol

    async def send(self, message):
        await (self.socket.send_str if isinstance(message, str) else self.socket.send_bytes)(message)

    async def receive(self):
        return await self.socket.receive_str()

    async def close(self, code, reason):
        self.end = [code, reason]
        await self.socket.close(code=code, message=reason.encode())

    async def closed(self):
        end = getattr(self, "end", None)
        if end is None:
            message = await self.socket.receive()
            end = [message.data, message.extra]
        await self.session.close()
        return end


class Wsproto:
    """wsproto does no I/O, so this client uses a plain socket."""

    async def open(self, url, protocols):
        parts = urlsplit(url)
        self.reader, self.writer = await asyncio.open_connection(parts.hostname, parts.port)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        target = f"{parts.path}?{parts.query}"
        await self.put(Request(host=parts.netloc, target=target, subprotocols=protocols))
        response = await self.next()
        if not isinstance(response, AcceptConnection):
            raise ConnectionRefusedError(response)
        return response.subprotocol

    async def put(self, event):
        self.writer.write(self.protocol.send(event))
        await self.writer.drain()

    async def next(self):
        while True:
            for event in self.protocol.events():
                if isinstance(event, Ping):
                    await self.put(event.response())
                elif isinstance(event, (AcceptConnection, RejectConnection, Message, CloseConnection)):
                    return event
            self.protocol.receive_data(await self.reader.read(65536) or None)

    async def send(self, message):
        await self.put(TextMessage(message) if isinstance(message, str) else BytesMessage(message))

    async def receive(self):
        text = ""
        while True:
            event = await self.next()
            text += event.data
            if event.message_finished:
                return text

    async def close(self, code, reason):
        await self.put(CloseConnection(code, reason))

    async def closed(self):
        while not isinstance(event := await self.next(), CloseConnection):
            pass
        return [event.code, event.reason]


async def close_code_of(Client, url, message):
    client = Client()
    await client.open(url, [])
    await client.send(message)
    return (await client.closed())[0]


async def scenarios(Client, url):
    async def ask(text):
        await client.send(text)
        return await client.receive()

    client, seen = Client(), {}
    await client.open(url, [])
    seen["text"] = await ask("hello")
    seen["unicode"] = await ask("grüß dich 🦀")
    seen["frame"] = len(await ask("a" * 32_768))
    seen["fragments"] = len(await ask("much"))
    for number in range(100):
        await client.send(f"number {number}")
    seen["hundred"] = len({await client.receive() for _ in range(100)})
    await client.close(3001, "bye")
    seen["close"] = await client.closed()

    client = Client()
    seen["subprotocol"] = await client.open(url, ["chat.v1", "chat.v2"])
    await client.send("disconnect me")
    seen["disconnected"] = await client.closed()

    seen["refused"] = "accepted"
    try:
        await Client().open(url + "?refuse=1", [])
    except (websockets.InvalidStatus, aiohttp.WSServerHandshakeError, ConnectionRefusedError):
        seen["refused"] = "refused"
    seen["binary"] = await close_code_of(Client, url, bytes([1, 2, 3]))
    seen["large"] = await close_code_of(Client, url, "a" * 32_769)
    return seen


clients = {"websockets": Websockets, "aiohttp": Aiohttp, "wsproto": Wsproto}
print(json.dumps(asyncio.run(scenarios(clients[sys.argv[1]], sys.argv[2]))))
