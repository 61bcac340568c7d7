"""What a server sends must not control the terminal of `lift connect`: messages, close reasons, refusals. A pipe
gets a message's bytes."""

import asyncio
import http
import os
import pty
import re

from websockets.asyncio.server import serve

from checks import Failed, equal, holds
from lift import command, run_lift

# Sets the title, clears the screen, writes to the clipboard: by ESC and by C1; a bell; turns text around.
UNSAFE = "x\x1b]0;title\x07\x1b[2J\x9b2J\x9d52;c;eA==\x9c\u202e\u2028y"
# The colors that `lift` itself writes.
COLORS = re.compile(r"\x1b\[(0|1|2|3[0-9])m")
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


async def on_a_terminal(*arguments):
    """Runs `lift` with a terminal as stdout and stderr. Returns what it writes."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *command(*arguments), stdin=asyncio.subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""

    def read():
        nonlocal written
        # A closed terminal is an error on Linux, and the end of the file elsewhere.
        try:
            while data := os.read(ours, 65536):
                written += data
        except OSError:
            pass

    await asyncio.to_thread(read)
    await process.wait()
    os.close(ours)
    return written.decode()


def holds_nothing_unsafe(written):
    rest = COLORS.sub("", written.replace("\r\n", "\n"))
    if found := CONTROL_CHARACTERS.search(rest):
        raise Failed(f"{found.group()!r} reached the terminal: {written!r}")
    holds("x" in rest and "y" in rest, f"the text is shown: {written!r}")


async def run(checks):
    async def talk(socket):
        await socket.send(UNSAFE)
        await socket.send('{"text":"' + UNSAFE[UNSAFE.index("\x9b"):] + '"}')
        await socket.close(1000, UNSAFE)

    def refuse(connection, request):
        return connection.respond(http.HTTPStatus.FORBIDDEN, UNSAFE)

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with checks.that("messages and a close reason are escaped on a terminal"):
            holds_nothing_unsafe(await on_a_terminal("connect", url, "--send", "hi"))
        async with checks.that("a pipe gets the message as it is, and an escaped reason"):
            _, stdout, stderr = await run_lift("connect", url, "--send", "hi")
            equal(stdout.split("\n")[0], UNSAFE, "the message")
            holds(not CONTROL_CHARACTERS.search(stderr), f"stderr is escaped: {stderr!r}")
    async with serve(talk, "127.0.0.1", 0, process_request=refuse) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with checks.that("the body of a refusal is escaped on a terminal and in a pipe"):
            holds_nothing_unsafe(await on_a_terminal("connect", url))
            code, _, stderr = await run_lift("connect", url)
            holds(code != 0 and not CONTROL_CHARACTERS.search(stderr), f"{code}: {stderr!r}")
