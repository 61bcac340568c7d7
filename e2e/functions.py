"""Functions without Lift in Python, Node and Go, `examples/functions`: run by `lift dev` as commands, several in
one API, in MiniStack's Lambda, and attached like a process that a debugger starts."""

import asyncio
import contextlib
import io
import os
import shlex
import sys
import tempfile
import zipfile
from pathlib import Path

import client
from checks import equal, eventually, holds
from client import Client
from lift import ROOT, Lift
from stores import free_port, listens

FUNCTIONS = ROOT / "examples/functions"
PYTHON = f"{shlex.quote(sys.executable)} -m awslambdaric app.handler"
NODE = shlex.join(["node", *(str(FUNCTIONS / "node" / name) for name in ["runtime.mjs", "index.mjs"])])
ROUTES = ["--route", "$connect", "--route", "$disconnect", "--route", "say", "--two-way", "ask"]
BUILD_SECONDS = 600


async def run(checks):
    with tempfile.TemporaryDirectory(prefix="lift-e2e-") as folder:
        commands = {"python": PYTHON, "node": NODE, "go": await build_go(folder)}
        for language, command in commands.items():
            await as_a_command(checks, language, command)
    await side_by_side(checks)
    await with_an_authorizer(checks)
    await in_ministack(checks)
    await attached(checks)


async def build_go(folder):
    binary = Path(folder) / "function"
    go = await asyncio.create_subprocess_exec(
        "go", "build", "-o", binary, ".", cwd=FUNCTIONS / "go", stdin=asyncio.subprocess.DEVNULL)
    async with asyncio.timeout(BUILD_SECONDS):
        equal(await go.wait(), 0, "the exit code of go build")
    return str(binary)


async def as_a_command(checks, language, command):
    app = FUNCTIONS / language
    async with Lift(app=app, options=["--command", command, *ROUTES]) as lift:
        async with checks.that(f"{language}: $connect refuses a client without a name"):
            equal(await client.refused(lift.url()), 403, "the status")
        async with checks.that(f"{language}: `say` replies by @connections, `ask` by a route response"):
            ana = await Client.open(lift.url(name="ana"))
            await talk(ana, language)
        async with checks.that(f"{language}: $disconnect runs, and its log line is printed"):
            await ana.close()
            await eventually(lambda: "has left" in lift.stderr, "the function's line")
        async with checks.that(f"{language}: twenty clients at the same time get their own replies"):
            clients = [await Client.open(lift.url(name=str(n))) for n in range(20)]
            for number, one in enumerate(clients):
                await one.send(action="say", text=str(number))
            for number, one in enumerate(clients):
                equal(await one.receive(), {"said": str(number), "by": language}, "the echo")
            await asyncio.gather(*(one.close() for one in clients))


async def talk(one, language, text="grüß dich"):
    await one.send(action="say", text=text)
    equal(await one.receive(), {"said": text, "by": language}, "the echo")
    await one.send(action="ask")
    equal(await one.receive(), {"answer": language}, "the route response")


async def side_by_side(checks):
    options = ["--command", PYTHON, "--function", f"node={NODE}", "--route", "$connect",
               "--route", "say", "--two-way", "ask=node", "--route", "$disconnect=node"]
    async with Lift(app=FUNCTIONS / "python", options=options) as lift:
        async with checks.that("Python and Node in one API, each with its routes"):
            ana = await Client.open(lift.url(name="ana"))
            await ana.send(action="say", text="hi")
            equal(await ana.receive(), {"said": "hi", "by": "python"}, "the echo")
            await ana.send(action="ask")
            equal(await ana.receive(), {"answer": "node"}, "the route response")
            await ana.close()


async def with_an_authorizer(checks):
    authorizer = PYTHON.replace("app.handler", "authorizer.handler")
    options = ["--command", PYTHON, *ROUTES, "--function", f"auth={authorizer}",
               "--authorizer=auth", "--identity-source", "route.request.querystring.token"]
    async with Lift(app=FUNCTIONS / "python", options=options) as lift:
        async with checks.that("an authorizer in Python allows and refuses, and does not run without its identity source"):
            ana = await Client.open(lift.url(name="ana", token="sesame"))
            await talk(ana, "python")
            await ana.close()
            equal(await client.refused(lift.url(name="ana", token="wrong")), 403, "the status")
            equal(await client.refused(lift.url(name="ana")), 401, "the status without a token")


async def in_ministack(checks):
    """MiniStack's Lambda has the invoke API of AWS, which the Runtime Interface Emulator and cargo-lambda
    have too. No code of it is Lift's."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    async with Lift(app=None, options=["--function-url", url, *ROUTES]) as lift:
        async with checks.that("no function listens at --function-url: this is logged, and the client is refused"):
            equal(await client.refused(lift.url(name="ana")), 502, "the status")
            await eventually(lambda: lift.stderr.count(f"nothing answers at {url}") == 2,
                             "one log line at start and one for the event")
        async with ministack(port) as server:
            async with checks.that("a function in MiniStack's Lambda, by --function-url"):
                await listens(server, port)
                await asyncio.to_thread(deploy, lift, url)
                ana = await Client.open(lift.url(name="ana"))
                await talk(ana, "python")
                await ana.close()


@contextlib.asynccontextmanager
async def ministack(port):
    with tempfile.TemporaryDirectory(prefix="lift-e2e-") as folder:
        server = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "ministack"),
            cwd=folder,
            env={**os.environ, "GATEWAY_PORT": str(port)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield server
        finally:
            if server.returncode is None:
                server.kill()
                await server.wait()


def deploy(lift, url):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.write(FUNCTIONS / "python/app.py", "app.py")
    endpoint = {"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": lift.management}
    lift.client("lambda", url).create_function(
        FunctionName="function",
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/lambda",
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=20,
        Environment={"Variables": endpoint},
    )


async def attached(checks):
    async with Lift(app=FUNCTIONS / "python", options=["--attach=127.0.0.1:0", *ROUTES]) as lift:
        async with checks.that("--attach: a client waits for the process that a debugger starts"):
            waiting = asyncio.create_task(Client.open(lift.url(name="ana")))
            await asyncio.sleep(0.5)
            holds(not waiting.done(), "the client waits, because no process can accept it")
            function = await start_as_a_debugger(lift)
            ana = await waiting
            await talk(ana, "python")
        async with checks.that("the next process that is started continues"):
            await end(function)
            function = await start_as_a_debugger(lift)
            await talk(ana, "python")
            await ana.close()
            await end(function)


async def start_as_a_debugger(lift):
    """Starts the function with the variables of the `.env` file, as an editor does."""
    [file] = lift.data_dir.glob("*.env")
    pairs = (line.split("=", 1) for line in file.read_text().splitlines())
    variables = {name: "".join(shlex.split(value)) for name, value in pairs}
    return await asyncio.create_subprocess_exec(
        *shlex.split(PYTHON),
        cwd=FUNCTIONS / "python",
        env={**os.environ, **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )


async def end(process):
    process.kill()
    await process.wait()
