"""Hot reload: the code changes under load, again and again. Each message is answered once, on sockets
that stay open; broken code changes nothing."""

import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import connect

from checks import equal, eventually, holds
from lift import ROOT, Lift

APP = ROOT / "e2e/apps/versions"
FUNCTION = ROOT / "e2e/apps/function.py"
# A swap of a Rust app is a build.
RUST_SWAPS = 20
PYTHON_SWAPS = 20
CLIENTS = 10
MESSAGES_A_SECOND = 200


async def run(checks):
    folder = Path(tempfile.mkdtemp(prefix="lift-e2e-"))
    try:
        await rust(checks, folder / "versions")
        await python(checks, folder / "python")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def rust(checks, folder):
    app = RustApp(folder)
    target = os.environ.get("CARGO_TARGET_DIR", APP / "target")
    async with Lift(app=folder, variables={"CARGO_TARGET_DIR": str(target)}) as lift:
        async with Load(lift) as load:
            async with checks.that(f"{RUST_SWAPS} swaps of a Rust app under {MESSAGES_A_SECOND} messages/s"):
                await swaps(lift, load, app, "Rust", RUST_SWAPS)
            async with checks.that("a build that fails shows the compiler's errors, and still running the previous build"):
                await fails(lift, load, app, app.text.replace("Text(message)", "Txet(message)"),
                            ["cannot find tuple struct", "`versions` does not compile: fix the errors above"])
            async with checks.that("so does code that exits at start"):
                await fails(lift, load, app, app.text.replace("lift_aws::run(app).await", """
                    if std::env::var_os("LIFT_DESCRIBE").is_none() { panic!("no such key"); }
                    lift_aws::run(app).await"""), ["before it asked for its first event", "no such key"])
            async with checks.that("the next good build takes over, with a new route and without an old one"):
                since = len(lift.stderr)
                load.actions = ["ask", "ask"]
                await load.some()
                app.text = app.text.replace('.route("tell"', '.route("sing"')
                await load.swap(lift, app, since)
                await eventually(lambda: "; new routes: sing; routes gone: tell" in lift.stderr[since:],
                                 "the line that says so")
                load.actions = ["ask", "sing"]
                await load.some()
        async with checks.that("each message was answered once, by the code of its time"):
            load.verify()


async def python(checks, folder):
    app = PythonApp(folder)
    options = ["--command", f"{sys.executable} {FUNCTION.name}", "--two-way", "ask", "--two-way", "tell",
               "--watch", app.source]
    async with Lift(app=folder, options=options) as lift:
        async with Load(lift) as load:
            async with checks.that(f"{PYTHON_SWAPS} swaps of a Python function under {MESSAGES_A_SECOND} messages/s"):
                await swaps(lift, load, app, "Python", PYTHON_SWAPS)
            async with checks.that("a function that does not start changes nothing"):
                await fails(lift, load, app, "import nothing_of_this_name\n" + app.text,
                            ["before it asked for its first event", "No module named"])
        async with checks.that("each message was answered once, by the code of its time"):
            load.verify()


class RustApp:
    """A copy of the app, in which each version is one more save."""

    def __init__(self, folder):
        shutil.copytree(APP, folder, ignore=shutil.ignore_patterns("target"))
        manifest = folder / "Cargo.toml"
        manifest.write_text(manifest.read_text().replace("../../../", f"{ROOT}/"))
        self.source = folder / "src/main.rs"
        self.text = self.source.read_text()

    def save(self, version):
        write(self.source, self.text.replace("VERSION: u32 = 0", f"VERSION: u32 = {version}"))


def write(path, text):
    """Saves as editors do: a new file takes the name."""
    new = path.with_name(f".{path.name}.swp")
    new.write_text(text)
    new.rename(path)


class PythonApp:
    """A copy of the function."""

    def __init__(self, folder):
        folder.mkdir()
        self.source = folder / FUNCTION.name
        self.text = FUNCTION.read_text()
        self.save(0)

    def save(self, version):
        write(self.source, self.text.replace("VERSION = 0", f"VERSION = {version}"))


async def swaps(lift, load, app, language, count):
    times = [await load.swap(lift, app) for _ in range(count)]
    await load.some()
    equal(lift.stderr.count("INFO reloaded "), count, "the lines that say so")
    shown = " ".join(f"{seconds:.2f}" for seconds in sorted(times))
    print(f"# {language}: from save to the first answer of the new code: median "
          f"{statistics.median(times):.2f} s of {shown}")


async def fails(lift, load, app, broken, parts):
    since = len(lift.stderr)
    write(app.source, broken)
    await eventually(lambda: "still running the previous build" in lift.stderr[since:], "the line that says so", 120)
    await eventually(lambda: all(part in lift.stderr[since:] for part in parts), f"{parts}", 5)
    await load.some()


class Load:
    """Clients that ask all the time, and what they were answered."""

    def __init__(self, lift):
        self.lift = lift
        self.actions = ["ask", "tell"]
        # The newest version that may answer, and the oldest.
        self.newest = self.oldest = 0
        self.first_answer = {}
        self.asked, self.answers, self.wrong = {}, {}, []

    async def __aenter__(self):
        self.sockets = [await connect(self.lift.websocket, proxy=None, compression=None, ping_interval=None)
                        for _ in range(CLIENTS)]
        self.readers = [asyncio.create_task(self._read(socket)) for socket in self.sockets]
        self.writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, kind, *_):
        self.writer.cancel()
        if kind is None:
            await eventually(lambda: len(self.answers) + len(self.wrong) >= len(self.asked),
                             "the last answers", 35)
            holds(not any(reader.done() for reader in self.readers), "a socket was closed")
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self.sockets))

    async def _write(self):
        start, number = time.monotonic(), 0
        while True:
            text = json.dumps({"action": self.actions[number % 2], "number": number})
            self.asked[number] = (self.oldest, time.monotonic())
            await self.sockets[number % CLIENTS].send(text)
            number += 1
            await asyncio.sleep(max(0, start + number / MESSAGES_A_SECOND - time.monotonic()))

    async def _read(self, socket):
        async for frame in socket:
            version, _, message = frame.partition(" ")
            if not version.isdecimal():
                self.wrong.append(frame)
                continue
            number, version = json.loads(message)["number"], int(version)
            oldest, asked = self.asked[number]
            if not oldest <= version <= self.newest:
                self.wrong.append(f"{frame} of version {version}, not in {oldest}..{self.newest}")
            self.first_answer.setdefault(version, time.monotonic())
            self.answers.setdefault(number, []).append(time.monotonic() - asked)

    async def swap(self, lift, app, since=None):
        """Saves one more version; the seconds until it answered first."""
        since = len(lift.stderr) if since is None else since
        self.newest += 1
        saved = time.monotonic()
        app.save(self.newest)
        await eventually(lambda: self.newest in self.first_answer, f"version {self.newest}", 120)
        await eventually(lambda: "INFO reloaded " in lift.stderr[since:], "the line that says so")
        # Whatever is sent from now on is for the new code alone.
        self.oldest = self.newest
        await self.some()
        return self.first_answer[self.newest] - saved

    async def some(self):
        """Waits until what was asked by now, and some more, is answered."""
        wanted = len(self.asked) + MESSAGES_A_SECOND // 2
        await eventually(lambda: len(self.answers) >= wanted, f"{wanted} answers", 60)

    def verify(self):
        equal(self.wrong, [], "the answers that are wrong")
        equal([number for number in self.asked if len(self.answers[number]) != 1], [],
              "the messages that were not answered once")
        slowest = max(seconds for [seconds] in self.answers.values())
        print(f"# {len(self.asked)} messages, each answered once; the slowest after {slowest:.2f} s")
