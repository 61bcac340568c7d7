"""`lift table` against moto, an emulator of DynamoDB, checked with boto3."""

import asyncio
import contextlib
import json
import os
import pty
import re
import socket
import sys

import boto3
import yaml

from checks import equal, eventually, holds
from lift import ROOT, START_SECONDS, STOP_SECONDS, command, is_free, run_lift

NAME = "chat-connections"
BOOK = ROOT / "docs/src/table.md"


async def run(checks):
    # A first start builds everything.
    await run_lift("--version", seconds=START_SECONDS)
    async with moto() as url:
        client = boto3.client("dynamodb", endpoint_url=url, region_name="us-east-1",
                              aws_access_key_id="none", aws_secret_access_key="none")

        async def lift(*arguments):
            return await run_lift("table", *arguments, "--endpoint-url", url)

        await create(checks, lift, client)
        await templates(checks, lift, client)
        await differences(checks, lift, client)
        await delete(checks, lift, client, url)


async def create(checks, lift, client):
    async with checks.that("a missing table gives exit code 1, and the error names the command that creates it"):
        code, out, err = await lift("check", "--table", NAME)
        equal((code, out), (1, ""), "exit code, stdout")
        holds(f"`lift table create --table {NAME} --endpoint-url" in err, err)
    async with checks.that("five `lift table create` at the same time create one table"):
        ended = await asyncio.gather(*(lift("create", "--table", NAME) for _ in range(5)))
        equal([code for code, _, _ in ended], [0] * 5, f"the exit codes of {ended}")
        equal(sum("is created" in out for _, out, _ in ended), 1, "tables created")
    async with checks.that("boto3 finds the documented table"):
        table = client.describe_table(TableName=NAME)["Table"]
        equal(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST", "the billing")
        equal(schema(table), ["pk HASH", "sk RANGE"], "the key")
        equal({name["AttributeType"] for name in table["AttributeDefinitions"]}, {"S"}, "types")
        equal({index["IndexName"]: (schema(index), index["Projection"])
               for index in table["GlobalSecondaryIndexes"]},
              {"gsi1": (["gsi1pk HASH", "gsi1sk RANGE"], includes("ttl", "env")),
               "gsi2": (["gsi2pk HASH", "gsi2sk RANGE"], includes("ttl", "u", "env"))},
              "the indexes")
        equal(table["StreamSpecification"],
              {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}, "the stream")
        expiry = client.describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
        equal(expiry, {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}, "the expiry")
    async with checks.that("the check passes, also with streams"):
        code, out, err = await lift("check", "--table", NAME, "--streams", "--json")
        equal((code, err), (0, ""), "exit code, stderr")
        equal(json.loads(out), {"table": NAME, "fits": True, "differences": [], "notes": []}, "it")
    async with checks.that("describe agrees with boto3"):
        _, out, _ = await lift("describe", "--table", NAME, "--json")
        live = json.loads(out)
        table = client.describe_table(TableName=NAME)["Table"]
        equal((live["arn"], live["status"], live["items"], live["bytes"]),
              (table["TableArn"], table["TableStatus"], table["ItemCount"],
               table["TableSizeBytes"]), "ARN, status, items, bytes")


async def templates(checks, lift, client):
    async with checks.that("the book's CloudFormation template creates a table that passes the check"):
        template = re.search(r"```yaml\n(.*?)```", BOOK.read_text(), re.DOTALL)[1]
        create_table(client, "template", yaml.safe_load(template)["Connections"]["Properties"])
        code, out, _ = await lift("check", "--table", "template", "--streams")
        equal((code, out), (0, "The table template fits.\n"), "exit code, stdout")


async def differences(checks, lift, client):
    async with checks.that("a table of Lift for Go is refused, and the guide is named"):
        go = described(client, NAME)
        for index in go["GlobalSecondaryIndexes"]:
            index["Projection"] = {"ProjectionType": "ALL"}
        create_table(client, "go-lift", go)
        for what in ["check", "create"]:
            code, out, err = await lift(what, "--table", "go-lift")
            equal(code, 1, f"the exit code of {what}")
            holds("docs/src/migrate.md" in out + err, out + err)
    async with checks.that("every difference of a table is named"):
        bad = described(client, NAME)
        bad["GlobalSecondaryIndexes"] = [
            dict(bad["GlobalSecondaryIndexes"][0], Projection=includes("ttl"))]
        bad["AttributeDefinitions"] = [attribute for attribute in bad["AttributeDefinitions"]
                                       if not attribute["AttributeName"].startswith("gsi2")]
        bad["TimeToLiveSpecification"] = {"AttributeName": "expires", "Enabled": True}
        create_table(client, "bad", bad)
        code, out, _ = await lift("check", "--table", "bad", "--json")
        kinds = [difference["kind"] for difference in json.loads(out)["differences"]]
        equal((code, kinds), (1, ["projection", "missing_index", "expiry_attribute"]), "it")


async def delete(checks, lift, client, url):
    async with checks.that("a protected table is not deleted"):
        client.update_table(TableName=NAME, DeletionProtectionEnabled=True)
        code, _, err = await lift("delete", "--table", NAME, "--yes")
        equal(code, 1, "the exit code")
        holds("--no-deletion-protection-enabled" in err, err)
        client.update_table(TableName=NAME, DeletionProtectionEnabled=False)
    async with checks.that("on a terminal, delete asks for the name, and accepts no other"):
        for typed, code, left in [("y", 1, True), (NAME, 0, False)]:
            arguments = ["table", "delete", "--table", NAME, "--endpoint-url", url]
            equal(await on_a_terminal(arguments, typed), code, f"the exit code for {typed!r}")
            equal(NAME in client.list_tables()["TableNames"], left, "whether it is there")


@contextlib.asynccontextmanager
async def moto():
    """Starts moto's server on a free port and yields its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "moto.server", "-p", str(port), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        await eventually(lambda: not is_free(port), "moto")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        await server.wait()


async def on_a_terminal(arguments, line):
    """Runs `lift` on a terminal, types one line, and returns the exit code."""
    controller, terminal = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *command(*arguments), stdin=terminal, stdout=asyncio.subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    try:
        os.write(controller, f"{line}\n".encode())
        # Read until the end, because `lift` blocks if the terminal's buffer is full.
        reader = asyncio.create_task(asyncio.to_thread(read_all, controller))
        async with asyncio.timeout(STOP_SECONDS):
            code = await process.wait()
        await reader
        return code
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(controller)


def read_all(terminal):
    # Reading fails when the other end is closed.
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass


def schema(described):
    return [f"{key['AttributeName']} {key['KeyType']}" for key in described["KeySchema"]]


def includes(*names):
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(names)}


def described(client, name):
    """Returns the properties of a table in the form of a template."""
    table = client.describe_table(TableName=name)["Table"]
    indexes = [{key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
               for index in table["GlobalSecondaryIndexes"]]
    return {"BillingMode": "PAY_PER_REQUEST", "KeySchema": table["KeySchema"],
            "AttributeDefinitions": table["AttributeDefinitions"],
            "GlobalSecondaryIndexes": indexes,
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}}


def create_table(client, name, properties):
    """Creates a table from a template's properties. CreateTable does not accept two of them."""
    properties = dict(properties)
    expiry = properties.pop("TimeToLiveSpecification")
    if stream := properties.get("StreamSpecification"):
        properties["StreamSpecification"] = {"StreamEnabled": True, **stream}
    client.create_table(TableName=name, **properties)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
