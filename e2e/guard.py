"""Web pages of other origins against every port of `lift dev`, in headless Chromium: browser/guard.mjs
attacks, and afterwards nothing may have changed."""

from pathlib import Path

import psutil

from checks import Failed, equal
from client import Client, refused
from lift import Lift

HERE = Path(__file__).resolve().parent


async def run(checks):
    async with Lift() as lift:
        client = await Client.open(lift.url(name="ann", room="guard"), "ann")
        await client.until_pong()
        before = await rows(lift)
        ports = listening(lift.process.pid)
        async with checks.that("lift dev listens for clients, for DynamoDB, for invocations and for each process, and on no other port"):
            equal(len(ports), 3 + len(lift.functions()), f"the ports {ports}")
            equal(set(lift.ports()) - set(ports), set(), "ports of the ready block that are closed")
        connection = await lift.connection_id("ann", "guard")
        await checks.run_program("node", HERE / "browser/guard.mjs", lift.websocket, connection, *ports)
        async with checks.that("after that the rows are as before, the client is open, and no process has ended"):
            equal(await rows(lift), before, "the rows")
            await client.send(action="ping")
            equal(await client.receive(), {"type": "pong"}, "the next frame")
            if "ended" in lift.stderr:
                raise Failed(lift.stderr)
        async with checks.that("without its table, the app accepts no client"):
            lift.client("dynamodb", lift.dynamodb).delete_table(TableName=lift.table)
            equal(await refused(lift.url(name="bob", room="guard")), 500, "the status")


async def rows(lift):
    """The rows of ann's connections, in full."""
    live, _ = await lift.rows()
    return [row for row in live if row.get("u") == "ann"]


def listening(pid):
    """The ports that a process listens on."""
    sockets = psutil.Process(pid).net_connections(kind="tcp")
    return sorted({socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN})
