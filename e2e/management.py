"""The management endpoint through boto3's `apigatewaymanagementapi`: send to a connection, describe
it, close it; and every error by its class in boto3."""

import asyncio
import datetime
import json

from botocore.exceptions import ClientError

from checks import Failed, equal, holds
from client import ClientGroup, left
from lift import Lift

LARGEST = 128 * 1024


async def run(checks):
    async with Lift(stage="prod") as lift, ClientGroup(lift) as group:
        api = lift.client("apigatewaymanagementapi", lift.management)
        await group.join("ana", "ana", "general")
        await group.join("bob", "bob", "general", others=["ana"])
        ana = await lift.connection_id("ana", "general")
        bob = await lift.connection_id("bob", "general")
        await an_open_connection(checks, group, api, ana)
        await errors(checks, lift, group, api, ana)
        await a_deleted_connection(checks, lift, group, api, bob)


async def an_open_connection(checks, group, api, ana):
    async with checks.that("the table's rows name the connections, in API Gateway's form"):
        holds(len(ana) == 16 and ana.endswith("="), f"the id {ana!r}")
    async with checks.that("post_to_connection reaches that client alone, unchanged"):
        for text in ['{"from":"boto3"}', '"🦀 \\" \\u0000"', '"' + "x" * (LARGEST - 2) + '"']:
            await call(api.post_to_connection, ConnectionId=ana, Data=text.encode())
            equal(await group["ana"].receive(), json.loads(text), "what ana received")
            await group.expect_frames({})
    async with checks.that("get_connection returns the times as datetimes, and the client's address"):
        before = await call(api.get_connection, ConnectionId=ana)
        times = [before["ConnectedAt"], before["LastActiveAt"]]
        holds(all(isinstance(time, datetime.datetime) for time in times), f"the times {times}")
        now = datetime.datetime.now(datetime.UTC)
        holds(times[0] <= times[1] <= now and now - times[0] < datetime.timedelta(minutes=2),
              f"the times {times} at {now}")
        equal(before["Identity"]["SourceIp"], "127.0.0.1", "the address")
        holds("websockets" in before["Identity"]["UserAgent"], before["Identity"]["UserAgent"])
        await group.expect_frames({})
        after = await call(api.get_connection, ConnectionId=ana)
        equal(after["ConnectedAt"], before["ConnectedAt"], "the time of the connection")
        holds(after["LastActiveAt"] > before["LastActiveAt"], "a message is activity")


async def errors(checks, lift, group, api, ana):
    for what, identity in [("text", "nonsense"), ("a path", "a/../b"), ("an id too long", ana * 4)]:
        async with checks.that(f"{what} for an id gives 400"):
            for operation, more in operations(api):
                await fails(operation, 400, "BadRequestException", ConnectionId=identity, **more)
    async with checks.that("an id of no connection gives 410, GoneException"):
        for operation, more in operations(api):
            await fails(operation, 410, "GoneException", ConnectionId="AAAAAAAAAAAAAAA=", **more)
    async with checks.that("131,073 bytes give 413, PayloadTooLargeException, and reach no client"):
        await fails(api.post_to_connection, 413, "PayloadTooLargeException",
                    ConnectionId=ana, Data=b"x" * (LARGEST + 1))
        await group.expect_frames({})
    async with checks.that("another stage gives 403, ForbiddenException"):
        other = lift.client("apigatewaymanagementapi", lift.management.replace("/prod", "/local"))
        for operation, more in operations(other):
            await fails(operation, 403, "ForbiddenException", ConnectionId=ana, **more)
        await group.expect_frames({})


async def a_deleted_connection(checks, lift, group, api, bob):
    async with checks.that("delete_connection closes the client with 1000, and the others are notified"):
        client = group.clients.pop("bob")
        response = await call(api.delete_connection, ConnectionId=bob)
        equal(response["ResponseMetadata"]["HTTPStatusCode"], 204, "the status")
        equal(await client.closed(), 1000, "the close code")
        await group.expect_frames({"ana": [left("bob")]})
    async with checks.that("afterwards all three operations raise GoneException"):
        for operation, more in operations(api):
            await fails(operation, 410, "GoneException", ConnectionId=bob, **more)
    async with checks.that("and the table has a tombstone for it, without the user"):
        live, tombstones = await lift.rows()
        equal([row["u"] for row in live], ["ana"], "the users with a row")
        equal(len(tombstones), 1, "the tombstones")
        equal(set(tombstones[0]), {"pk", "sk", "gone", "ttl"}, "a tombstone's attributes")
    async with checks.that("a connection whose client left gives 410 as well"):
        ana = await lift.connection_id("ana", "general")
        await group.leave("ana", "ana")

        async def is_gone():
            try:
                await call(api.get_connection, ConnectionId=ana)
            except api.exceptions.GoneException:
                return True
            return False
        for _ in range(300):
            if await is_gone():
                return
            await asyncio.sleep(0.1)
        raise Failed("the connection is still there")


def operations(api):
    return [(api.post_to_connection, {"Data": b"x"}), (api.get_connection, {}),
            (api.delete_connection, {})]


async def call(operation, **arguments):
    return await asyncio.to_thread(operation, **arguments)


async def fails(operation, status, name, **arguments):
    try:
        await call(operation, **arguments)
    except ClientError as error:
        seen = (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
        equal(seen, (status, name), f"the error of {operation.__name__}")
        # A program catches the error by this class. The API's model has no class for BadRequestException.
        if name != "BadRequestException":
            equal(type(error).__name__, name, "the class of the error")
        return
    raise Failed(f"{operation.__name__} did not fail")
