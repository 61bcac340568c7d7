"""A client of the chat, and a group of clients whose frames are compared step by step."""

import asyncio
import json
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from checks import Failed, WAIT_SECONDS, equal, holds, show


class Client:
    def __init__(self, socket, name):
        self.socket = socket
        self.name = name

    @classmethod
    async def open(cls, url, name="a client", ssl=None):
        # Without a proxy and without keep-alive pings, which would be additional traffic.
        socket = await connect(url, proxy=None, compression=None, ping_interval=None,
                               open_timeout=WAIT_SECONDS, max_size=None, ssl=ssl)
        return cls(socket, name)

    async def send(self, **message):
        await self.socket.send(json.dumps(message, ensure_ascii=False))

    async def receive(self):
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return json.loads(await self.socket.recv())
        except TimeoutError:
            raise Failed(f"{self.name} received nothing for {WAIT_SECONDS} s") from None

    async def until_pong(self):
        """Sends a ping and returns the frames before its pong. This separates one step from the next."""
        await self.send(action="ping")
        frames = []
        while (frame := await self.receive()) != {"type": "pong"}:
            frames.append(frame)
        return frames

    async def closed(self):
        """Reads until the connection ends, and returns the close code."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as close:
            return close.rcvd.code if close.rcvd else None

    async def close(self):
        await self.socket.close()


async def refused(url):
    """Connects, expects a refusal, and returns its HTTP status."""
    try:
        client = await Client.open(url)
    except InvalidStatus as refusal:
        return refusal.response.status_code
    await client.close()
    raise Failed(f"the handshake with {url} was accepted")


class ClientGroup:
    """All connected clients. After each step, `expect_frames` checks that each client received exactly the
    expected frames, in any order, and then the pong to its ping."""

    def __init__(self, lift):
        self.lift = lift
        self.clients = {}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await asyncio.gather(*(client.close() for client in self.clients.values()))

    def __getitem__(self, key):
        return self.clients[key]

    async def join(self, key, name, room, others=()):
        """Connects a client, and waits until the other clients in the room are notified."""
        await self.connect(key, name, room)
        await self.expect_frames({other: [joined(name)] for other in others})

    async def connect(self, key, name, room):
        """Connects a client. The next step checks the result."""
        self.clients[key] = await Client.open(self.lift.url(name=name, room=room), key)

    async def leave(self, key, name, others=(), abort=False):
        """Disconnects a client, gracefully or without a close frame."""
        client = self.clients.pop(key)
        if abort:
            client.socket.transport.abort()
        else:
            await client.close()
        await self.expect_frames({other: [left(name)] for other in others})

    async def expect_frames(self, expected):
        """Checks the frames that each client receives. A client that is not in `expected` must receive none."""
        # Invocations are not ordered, so the expected frames are read before the ping is sent.
        first = await asyncio.gather(
            *(self._receive(key, len(expected.get(key, []))) for key in self.clients))
        then = await asyncio.gather(*(client.until_pong() for client in self.clients.values()))
        seen = {key: [without_time(frame) for frame in one + two]
                for key, one, two in zip(self.clients, first, then)}
        for key, frames in seen.items():
            equal(sorted(frames, key=show), sorted(expected.get(key, []), key=show),
                  f"what {key} received")
        # The time of a message is the same for all who receive it.
        times = {}
        for frame in (frame for frames in first for frame in frames if "at" in frame):
            identity = show(without_time(frame))
            equal(frame["at"], times.setdefault(identity, frame["at"]), "the time of a message")

    async def _receive(self, key, count):
        return [await self.clients[key].receive() for _ in range(count)]


def without_time(frame):
    """Returns a frame without its time, and checks that the time is about now, in milliseconds."""
    if "at" in frame:
        at = frame["at"]
        holds(isinstance(at, int) and abs(time.time() * 1000 - at) < 120_000, f"the time {at!r}")
    return {name: value for name, value in frame.items() if name != "at"}


def message(room, user, text):
    """The frame that all members of a room receive, without its time."""
    return {"type": "message", "room": room, "user": user, "text": text}


def joined(user):
    return {"type": "joined", "user": user}


def left(user):
    return {"type": "left", "user": user}


def members(room, *users):
    return {"type": "members", "room": room, "users": sorted(users)}
