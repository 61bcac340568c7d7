"""Six independent clients run the same ten scenarios. Each closes with a code of the application."""

import asyncio
import json
import shlex
import sys
from pathlib import Path

from checks import Failed, equal, eventually
from lift import Lift

HERE = Path(__file__).resolve().parent / "interop"
CLIENTS = {
    "Python websockets": [sys.executable, HERE / "python.py", "websockets"],
    "Python aiohttp": [sys.executable, HERE / "python.py", "aiohttp"],
    "Python wsproto": [sys.executable, HERE / "python.py", "wsproto"],
    "npm ws": ["node", HERE / "ws.mjs"],
    "Chromium": ["node", HERE / "chromium.mjs"],
    "the JDK": ["java", HERE / "Client.java"],
}
EXPECTED = {
    "text": "hello",
    "unicode": "grüß dich 🦀",
    "frame": 32_768,
    "fragments": 100_000,
    "hundred": 100,
    "close": [3001, "bye"],
    "subprotocol": "chat.v2",
    "disconnected": [1000, "Connection Closed Normally"],
    "refused": "refused",
    "binary": 1003,
    "large": 1009,
}
SECONDS = 120


async def run(checks):
    function = shlex.join([sys.executable, str(HERE / "function.py")])
    routes = ["--route", "$connect", "--route", "$disconnect", "--two-way", "$default"]
    async with Lift(app=None, options=["--command", function, *routes]) as lift:
        for count, (name, command) in enumerate(CLIENTS.items(), 1):
            async with checks.that(f"{name} passes all scenarios"):
                equal(await results(command, lift.websocket), EXPECTED, "the results of its scenarios")
                # The code and reason of the client's own close reach the function.
                await eventually(lambda: lift.stderr.count("3001") == count, "the $disconnect with 3001")


async def results(command, url):
    program = await asyncio.create_subprocess_exec(
        *map(str, command), url, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
    if program.returncode:
        raise Failed(err.decode())
    return json.loads(out)
