"""Starts `lift dev`, reads the URLs that it prints when it is ready, and stops it."""

import asyncio
import os
import re
import shutil
import socket
import tempfile
from pathlib import Path
from signal import SIGKILL
from urllib.parse import urlencode, urlsplit

import boto3
import psutil
from botocore.config import Config

from checks import Failed, eventually

ROOT = Path(__file__).resolve().parent.parent
CHAT = ROOT / "examples/chat"
# A first start builds everything.
START_SECONDS = 1500
STOP_SECONDS = 60


def command(*arguments):
    """Returns the command line of `lift`. `cargo run` replaces itself by exec, so the process id is that of `lift`."""
    if lift := os.environ.get("LIFT"):
        return [lift, *map(str, arguments)]
    manifest = str(ROOT / "Cargo.toml")
    return ["cargo", "run", "--quiet", "--manifest-path", manifest, "--", *map(str, arguments)]


async def spawn(arguments, variables=None):
    """Starts `lift` in a separate process group, so that a Ctrl-C at the checks does not reach it."""
    return await asyncio.create_subprocess_exec(
        *command(*arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        process_group=0,
        env={**os.environ, **(variables or {})},
    )


async def run_lift(*arguments, seconds=STOP_SECONDS):
    """Runs `lift` until it exits, and returns its exit code, stdout and stderr."""
    process = await spawn(arguments)
    try:
        async with asyncio.timeout(seconds):
            stdout, stderr = await process.communicate()
    finally:
        await kill(process)
    return process.returncode, stdout.decode(), stderr.decode()


async def kill(process):
    """Kills `lift`, or the cargo that still builds it together with its compilers."""
    if process.returncode is None:
        os.killpg(process.pid, SIGKILL)
        await process.wait()


class Lift:
    """`async with Lift(...) as lift`: runs `lift dev` within the block."""

    def __init__(self, app=CHAT, data_dir=None, stage="local", options=(), variables=None):
        self.own_data_dir = data_dir is None
        self.data_dir = Path(data_dir or tempfile.mkdtemp(prefix="lift-e2e-"))
        self.stage = stage
        self.arguments = ["dev", *([app] if app else []), "--listen", "127.0.0.1:0",
                          *(["--stage", stage] if stage else []), "--data-dir", self.data_dir,
                          *options]
        self.variables = variables
        self.stderr = ""

    async def __aenter__(self):
        self.process = await spawn(self.arguments, self.variables)
        self.reader = asyncio.create_task(self._read_stderr())
        try:
            async with asyncio.timeout(START_SECONDS):
                block = await self._ready_block()
        except BaseException:
            await self.__aexit__()
            raise
        urls = dict(re.findall(r"^ +(\w+) +(\S+)", block, re.MULTILINE))
        self.websocket, self.management = urls["WebSocket"], urls["Management"]
        self.page, self.inspector = urls.get("Page"), urls.get("Inspector")
        self.dynamodb = urls["DynamoDB"]
        self.table = next(iter(re.findall(r"\(table (.+)\)", block)), None)
        return self

    async def __aexit__(self, *_):
        # The function's processes end with lift; `lifecycle.py` checks that.
        await kill(self.process)
        self.reader.cancel()
        if self.own_data_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    async def _ready_block(self):
        block = ""
        while "Press Ctrl-C to stop." not in block:
            line = await self.process.stdout.readline()
            if not line:
                await self.reader
                raise Failed(f"lift ended before it was ready:\n{self.stderr}")
            block += line.decode()
        return block

    async def _read_stderr(self):
        # Read continuously, because lift blocks if the pipe is full.
        while text := await self.process.stderr.read(65536):
            self.stderr += text.decode(errors="replace")

    def url(self, **query):
        return f"{self.websocket}?{urlencode(query)}"

    def signal(self, number):
        self.process.send_signal(number)

    async def ended(self):
        """Waits for the exit and returns its code."""
        async with asyncio.timeout(STOP_SECONDS):
            await self.reader
            return await self.process.wait()

    def functions(self):
        """Returns the running processes of the function."""
        try:
            return [child for child in psutil.Process(self.process.pid).children() if is_alive(child)]
        except psutil.NoSuchProcess:
            return []

    def ports(self):
        return [urlsplit(url).port for url in (self.websocket, self.dynamodb)]

    def client(self, service, endpoint):
        """Returns a boto3 client with dummy credentials, and without retries, which would hide errors."""
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    async def rows(self):
        """The table's items, read by boto3: the live rows and the tombstones."""
        def scan():
            pages = self.client("dynamodb", self.dynamodb).get_paginator("scan")
            found = [item for page in pages.paginate(TableName=self.table) for item in page["Items"]]
            items = [{name: next(iter(value.values())) for name, value in item.items()}
                     for item in found]
            return ([item for item in items if "ca" in item],
                    [item for item in items if "gone" in item])
        return await asyncio.to_thread(scan)

    async def connection_id(self, user, room):
        """Returns the id of a user's only connection in a room, from the table."""
        live, _ = await self.rows()
        [row] = [row for row in live if (row.get("u"), row.get("t")) == (user, room)]
        return row["pk"].removeprefix("CONNECTION#").replace("%23", "#").replace("%25", "%")


def is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_free(port):
    """Returns whether a server could listen on the port now."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", port))
            other.listen()
        except OSError:
            return False
        return True


async def all_ended(processes, seconds):
    """Waits until all these processes have ended."""
    await eventually(lambda: not any(map(is_alive, processes)), "the processes' end", seconds)
