"""Hot reload: the code changes repeatedly under load. Each message gets one reply, on sockets
that stay open. Broken code is not deployed."""

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
# Each reload of a Rust app is a build.
RUST_RELOADS = 20
PYTHON_RELOADS = 20
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
            async with checks.that(f"{RUST_RELOADS} reloads of a Rust app under {MESSAGES_A_SECOND} messages/s"):
                await reloads(lift, load, app, "Rust", RUST_RELOADS)
            async with checks.that("a failed build shows the compiler's errors, and the previous build keeps running"):
                await fails(lift, load, app, app.text.replace("Text(message)", "Txet(message)"),
                            ["cannot find tuple struct", "`versions` does not compile: fix the errors above"])
            async with checks.that("the previous build also keeps running if the new code exits at start"):
                await fails(lift, load, app, app.text.replace("lift_aws::run(app).await", """
                    if std::env::var_os("LIFT_DESCRIBE").is_none() { panic!("no such key"); }
                    lift_aws::run(app).await"""), ["before it asked for its first event", "no such key"])
            async with checks.that("the next good build takes over, with a new route and without an old one"):
                since = len(lift.stderr)
                load.actions = ["ask", "ask"]
                await load.wait_for_replies()
                app.text = app.text.replace('.route("post"', '.route("sing"')
                await load.reload(lift, app, since)
                await eventually(lambda: "; new routes: sing; routes gone: post" in lift.stderr[since:],
                                 "its log line")
                load.actions = ["ask", "sing"]
                await load.wait_for_replies()
        async with checks.that("each message got one reply, of the version that ran at its time"):
            load.verify()


async def python(checks, folder):
    app = PythonApp(folder)
    options = ["--command", f"{sys.executable} {FUNCTION.name}", "--two-way", "ask", "--two-way", "post",
               "--watch", app.source]
    async with Lift(app=folder, options=options) as lift:
        async with Load(lift) as load:
            async with checks.that(f"{PYTHON_RELOADS} reloads of a Python function under {MESSAGES_A_SECOND} messages/s"):
                await reloads(lift, load, app, "Python", PYTHON_RELOADS)
            async with checks.that("if a new function does not start, the previous one keeps running"):
                await fails(lift, load, app, "import nothing_of_this_name\n" + app.text,
                            ["before it asked for its first event", "No module named"])
        async with checks.that("each message got one reply, of the version that ran at its time"):
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
    """Saves like editors: writes a new file and renames it."""
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


async def reloads(lift, load, app, language, count):
    times = [await load.reload(lift, app) for _ in range(count)]
    await load.wait_for_replies()
    equal(lift.stderr.count("INFO reloaded "), count, "the log lines")
    all_times = " ".join(f"{seconds:.2f}" for seconds in sorted(times))
    print(f"# {language}: from the save to the first reply of the new code: median "
          f"{statistics.median(times):.2f} s of {all_times}")


async def fails(lift, load, app, broken, parts):
    since = len(lift.stderr)
    write(app.source, broken)
    await eventually(lambda: "still running the previous build" in lift.stderr[since:], "its log line", 120)
    await eventually(lambda: all(part in lift.stderr[since:] for part in parts), f"{parts}", 5)
    await load.wait_for_replies()


class Load:
    """Clients that send messages continuously, and record the replies."""

    def __init__(self, lift):
        self.lift = lift
        self.actions = ["ask", "post"]
        # The newest and the oldest version that may reply.
        self.newest = self.oldest = 0
        self.first_reply = {}
        self.sent, self.replies, self.wrong = {}, {}, []

    async def __aenter__(self):
        self.sockets = [await connect(self.lift.websocket, proxy=None, compression=None, ping_interval=None)
                        for _ in range(CLIENTS)]
        self.readers = [asyncio.create_task(self._read(socket)) for socket in self.sockets]
        self.writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, kind, *_):
        self.writer.cancel()
        if kind is None:
            await eventually(lambda: len(self.replies) + len(self.wrong) >= len(self.sent),
                             "the last replies", 35)
            holds(not any(reader.done() for reader in self.readers), "a socket was closed")
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self.sockets))

    async def _write(self):
        start, number = time.monotonic(), 0
        while True:
            text = json.dumps({"action": self.actions[number % 2], "number": number})
            self.sent[number] = (self.oldest, time.monotonic())
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
            oldest, sent_at = self.sent[number]
            if not oldest <= version <= self.newest:
                self.wrong.append(f"{frame} of version {version}, not in {oldest}..{self.newest}")
            self.first_reply.setdefault(version, time.monotonic())
            self.replies.setdefault(number, []).append(time.monotonic() - sent_at)

    async def reload(self, lift, app, since=None):
        """Saves the next version. Returns the seconds until its first reply."""
        since = len(lift.stderr) if since is None else since
        self.newest += 1
        saved = time.monotonic()
        app.save(self.newest)
        await eventually(lambda: self.newest in self.first_reply, f"version {self.newest}", 120)
        await eventually(lambda: "INFO reloaded " in lift.stderr[since:], "its log line")
        # From now on, only the new version may reply.
        self.oldest = self.newest
        await self.wait_for_replies()
        return self.first_reply[self.newest] - saved

    async def wait_for_replies(self):
        """Waits for the replies to all messages sent by now, and to some more."""
        count = len(self.sent) + MESSAGES_A_SECOND // 2
        await eventually(lambda: len(self.replies) >= count, f"{count} replies", 60)

    def verify(self):
        equal(self.wrong, [], "the wrong replies")
        equal([number for number in self.sent if len(self.replies[number]) != 1], [],
              "the messages without exactly one reply")
        slowest = max(seconds for [seconds] in self.replies.values())
        print(f"# {len(self.sent)} messages with one reply each; the slowest after {slowest:.2f} s")
