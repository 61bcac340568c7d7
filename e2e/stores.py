"""The store's contract against other DynamoDB APIs than the embedded database: moto and MiniStack (AWS emulators).

dynalite 4 is not tested, because it lacks ReturnValuesOnConditionCheckFailure (2023), with which a
repeated save distinguishes its own row from a tombstone. Neither of the two has index lag or throttling.
"""

import asyncio
import os
import socket
import sys
import tempfile
from pathlib import Path

from checks import WAIT_SECONDS, Failed

ROOT = Path(__file__).resolve().parent.parent
# The tests may have to be built.
TEST_SECONDS = 900


async def run(checks):
    bin = Path(sys.executable).parent
    port = free_port()
    databases = {
        "moto": (port, [bin / "moto_server", "-p", port], {}),
        "MiniStack": (port := free_port(), [bin / "ministack"], {"GATEWAY_PORT": str(port)}),
    }
    for name, (port, command, variables) in databases.items():
        with tempfile.TemporaryDirectory(prefix="lift-e2e-") as folder:
            server = await asyncio.create_subprocess_exec(
                *map(str, command),
                cwd=folder,
                env={**os.environ, **variables},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with checks.that(f"{name} starts", quiet=True):
                    await listens(server, port)
                async with checks.that(f"the store passes its contract on {name}", seconds=TEST_SECONDS):
                    await contract(f"http://127.0.0.1:{port}")
            finally:
                if server.returncode is None:
                    server.kill()
                    await server.wait()


async def contract(url):
    tests = await asyncio.create_subprocess_exec(
        *("cargo", "test", "--quiet", "--package", "lift-aws", "--package", "unify", "--test", "it"),
        *("--", "--ignored", "--exact", "other_databases::the_store_passes_the_contract_on_another_database"),
        cwd=ROOT,
        env={**os.environ, "LIFT_DYNAMODB_URL": url},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output = (await tests.communicate())[0].decode()
    finally:
        if tests.returncode is None:
            tests.kill()
            await tests.wait()
    if tests.returncode or "1 passed" not in output:
        raise Failed(output)


async def listens(server, port):
    async with asyncio.timeout(WAIT_SECONDS):
        while server.returncode is None:
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                return
            except OSError:
                await asyncio.sleep(0.1)
    raise Failed(f"ended with {server.returncode}")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
