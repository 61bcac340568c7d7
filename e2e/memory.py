"""The memory of `lift dev` falls again after clients that did not read have left."""

import asyncio
import http.client
import json
import socket
from urllib.parse import quote, urlsplit

import psutil

from checks import equal, eventually
from lift import Lift

CLIENTS = 300
# Posts of many threads at once, so that long-lived buffers are between short-lived ones.
THREADS = 64
POST = b"x" * 100_000
# What may stay: the 32 MB of the inspector, and the buffers of the gateway.
MAY_STAY = 64_000_000
UPGRADE = ("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
# A masked text frame whose message has no route, so that the answer names the connection.
FRAME = b"\x81\x82\x00\x00\x00\x00{}"


async def run(checks):
    # The function is never invoked.
    options = ["--function-url", "http://127.0.0.1:9", "--two-way", "say"]
    async with Lift(app=None, options=options) as lift:
        server = psutil.Process(lift.process.pid)
        clients = [connect(urlsplit(lift.websocket)) for _ in range(CLIENTS)]
        before = server.memory_info().rss
        refused = await asyncio.gather(*(
            asyncio.to_thread(fill, lift.management, clients[thread::THREADS])
            for thread in range(THREADS)))
        async with checks.that("a client that does not read is refused further posts"):
            equal(sum(refused), CLIENTS, "the clients with a 429")
        during = server.memory_info().rss
        for client, _ in clients:
            client.close()
        name = "the memory falls within 30 s after clients that did not read have left"
        async with checks.that(name):
            stays = lambda: server.memory_info().rss - before
            await eventually(lambda: stays() < MAY_STAY, name, 30)
            print(f"# {before >> 20} MiB before, {during >> 20} MiB during, "
                  f"{server.memory_info().rss >> 20} MiB after")


def connect(url):
    """A client with a small receive buffer, and its connection id."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((url.hostname, url.port))
    client.sendall(UPGRADE.format(path=url.path, host=url.netloc).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    equal(head.split()[1], b"101", "the status of the handshake")
    client.sendall(FRAME)
    # A frame of less than 126 bytes.
    length = client.recv(2, socket.MSG_WAITALL)[1]
    answer = json.loads(client.recv(length, socket.MSG_WAITALL))
    return client, answer["connectionId"]


def fill(management, clients):
    """Posts to each client until it is refused. Returns how many were."""
    url = urlsplit(management)
    server = http.client.HTTPConnection(url.hostname, url.port)
    refused = 0
    for _, connection in clients:
        status = 200
        while status == 200:
            server.request("POST", f"{url.path}/@connections/{quote(connection)}", body=POST)
            response = server.getresponse()
            response.read()
            status = response.status
        refused += status == 429
    server.close()
    return refused
