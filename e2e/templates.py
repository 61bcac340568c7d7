"""The examples of templates, run by `lift dev`: SAM with functions in Python and Node, and a service of
the Serverless Framework. Their clients are Python's websockets, and boto3 reads the tables."""

import asyncio
import json
import tempfile

from checks import WAIT_SECONDS, equal, eventually, holds
from client import Client, message, refused, without_time
from lift import ROOT, Lift, run_lift

SAM = ROOT / "examples/templates/sam"
SERVERLESS = ROOT / "examples/templates/serverless"


async def run(checks):
    await sam(checks)
    await serverless(checks)
    await model(checks)
    async with checks.that("an invalid template is refused with the line of the error"):
        code, stdout, stderr = await run_lift(
            "dev", SAM, "--parameter", "Secert=x", "--listen", "127.0.0.1:0")
        equal((code, stdout), (1, ""), "exit code and stdout")
        expected = f"error: {SAM}/template.yaml: the template has no parameter `Secert`; it has Secret"
        equal(stderr.strip(), expected, "the error")


async def sam(checks):
    async with Lift(app=SAM, stage=None, options=["--parameter", "Secret=sesame"]) as lift:
        async with checks.that("a SAM template sets the stage and the tables"):
            holds(lift.websocket.endswith("/prod"), f"the URL is {lift.websocket}")
            equal(lift.table, "sam-Members", "the table")
            client = lift.client("dynamodb", lift.dynamodb)
            found = (await asyncio.to_thread(client.describe_table, TableName=lift.table))["Table"]
            equal(found["KeySchema"], [{"AttributeName": "id", "KeyType": "HASH"}], "its keys")
            equal(found["GlobalSecondaryIndexes"][0]["IndexName"], "by-room", "its index")
            ttl = await asyncio.to_thread(client.describe_time_to_live, TableName=lift.table)
            equal(ttl["TimeToLiveDescription"]["AttributeName"], "expires", "the attribute with the expiry")
        async with checks.that("unsupported parts of the template are reported at start"):
            notice = "Resources.Stage.Properties.DefaultRouteSettings.LoggingLevel: is for CloudWatch"
            holds(lift.stderr.startswith("`lift dev` does not use these parts of the template:\n"),
                  lift.stderr)
            holds(notice in lift.stderr, lift.stderr)
        async with checks.that("its authorizer, in Node, refuses clients without the secret or with a wrong one"):
            equal(await refused(lift.websocket), 401, "the status without a secret")
            equal(await refused(lift.url(secret="open sesame")), 401, "the status with another")
        ana = await Client.open(lift.url(secret="sesame", name="ana", room="a"), "ana")
        bob = await Client.open(lift.url(secret="sesame", name="bob", room="a"), "bob")
        eve = await Client.open(lift.url(secret="sesame", name="eve", room="b"), "eve")
        async with checks.that("a route response has what a function in Node returns"):
            await eve.send(action="ask")
            reply = await eve.receive()
            holds(0 < reply.pop("seconds") <= 10, "the timeout is that of the template")
            equal(reply, {"name": "eve", "stage": "prod", "greeting": "welcome",
                           "table": "sam-Members"}, "the reply")
        async with checks.that("a function in Python sends to a room, by the address in its variables"):
            await ana.send(action="say", text="hello")
            for client in (ana, bob):
                equal(await client.receive(), {"from": "ana", "text": "hello"}, client.name)
        async with checks.that("lift invoke fires the schedule of the function in Python"):
            code, stdout, stderr = await run_lift(
                "invoke", "--schedule", "RoomsCount", "--data-dir", lift.data_dir)
            equal((code, json.loads(stdout)), (0, {"sent": 3}), f"exit code and result; {stderr}")
            for client in (ana, bob, eve):
                equal(await client.receive(), {"members": 3}, client.name)
            await eventually(lambda: "schedule  RoomsCount" in lift.stderr, "its line")
        async with checks.that("lift invoke names a failed function and its error"):
            code, stdout, stderr = await run_lift(
                "invoke", "Rooms", "--sqs", "hello", "--data-dir", lift.data_dir)
            equal((code, stdout), (1, ""), "exit code and stdout")
            equal(stderr, "error: the function failed with KeyError: 'requestContext'\n", "stderr")
        async with checks.that("a model rejects messages before they reach the function"):
            for text in ("", "x" * 201, 7):
                await ana.send(action="say", text=text)
                frame = await ana.receive()
                equal(frame["message"], "Bad request body", f"the frame for {text!r}")
        async with checks.that("the table has no row of a client that left"):
            await bob.close()
            await eventually_names(lift, {"ana", "eve"})
            await ana.close()
            await eve.close()
            await eventually_names(lift, set())


async def model(checks):
    """The chat in Rust, which no template describes, with a model for one of its routes."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as schema:
        json.dump({"properties": {"text": {"maxLength": 5}}}, schema)
        schema.flush()
        async with Lift(options=["--model", f"say={schema.name}"]) as lift:
            async with checks.that("--model rejects messages before they reach the route's function"):
                ana = await Client.open(lift.url(name="ana", room="a"), "ana")
                await ana.send(action="say", text="too long")
                equal((await ana.receive())["message"], "Bad request body", "the frame")
                await ana.send(action="say", text="short")
                equal(without_time(await ana.receive()), message("a", "ana", "short"), "the message")
                await ana.close()


async def eventually_names(lift, expected):
    client = lift.client("dynamodb", lift.dynamodb)
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            items = (await asyncio.to_thread(client.scan, TableName=lift.table))["Items"]
            if {item["name"]["S"] for item in items} == expected:
                return
            await asyncio.sleep(0.05)


async def serverless(checks):
    async with Lift(app=SERVERLESS, stage=None) as lift:
        async with checks.that("serverless.yml: the stage, the authorizer and its identity source"):
            holds(lift.websocket.endswith("/dev"), f"the URL is {lift.websocket}")
            holds("functions.rest.events[1]: sends no http events" in lift.stderr, lift.stderr)
            equal(await refused(lift.websocket), 401, "the status without a name")
            equal(await refused(lift.url(name="mallory")), 403, "the status of a denied user")
        ana = await Client.open(lift.url(name="ana"), "ana")
        async with checks.that("a two-way route, with one process that keeps its memory"):
            for count in (1, 2):
                await ana.send(do="vote", topic="tea")
                equal(await ana.receive(), {"tea": count, "coffee": 0}, "the votes")
        async with checks.that("an error of a handler reaches the log, and the client as a frame"):
            await ana.send(do="vote", topic="mate")
            equal((await ana.receive())["message"], "Internal server error", "the frame")
            error = "the function failed with RangeError: there is no vote on mate"
            await eventually(lambda: error in lift.stderr, "the error in the log")
        async with checks.that("$default, with a post to the address in its variables"):
            await ana.socket.send("what?")
            equal(await ana.socket.recv(), "vote on tea or coffee", "the frame")
        await ana.close()
    async with Lift(app=SERVERLESS, stage="prod") as lift:
        async with checks.that("--stage is the stage of ${opt:stage} and ${sls:stage}"):
            ana = await Client.open(lift.url(name="ana"), "ana")
            await ana.send(do="vote", topic="coffee")
            equal(await ana.receive(), {"coffee": 1}, "the votes")
            await ana.close()
