"""The conformance suite against Lift's gateway and against MiniStack, with the same probe behind both:
Lift passes all cases, and MiniStack fails exactly the listed ones. A case that no gateway fails would prove
nothing. The book's table must equal the table of this run."""

import asyncio
import io
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config

from checks import Failed, equal
from stores import free_port, listens

ROOT = Path(__file__).resolve().parent.parent
CRATE = ROOT / "crates/lift-conformance"
KNOWN = CRATE / "known/ministack.txt"
TABLE = ROOT / "docs/src/conformance.md"
# The page has an introduction, then this line, then the table.
MARK = "<!-- results -->\n\n"
# The suite may have to be built.
BUILD_SECONDS = 900
RUN_SECONDS = 600
ACCOUNT = "000000000000"
REGION = "us-east-1"
FIXED = ["$connect", "$disconnect", "$default"]
TWO_WAY = ["two", "7", "true", "model"]
COMPOSED = "${request.body.service}/${request.body.action}"
KEYS = {"bare": ["two"], "composed": ["$default", "chat/two", "/two"]}
KEY = "conformance-key-of-20-characters"


async def run(checks):
    async with checks.that("the suite builds", quiet=True):
        program = await build()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lift-e2e-") as folder:
        server = await asyncio.create_subprocess_exec(
            Path(sys.executable).parent / "ministack",
            cwd=folder,
            env={**os.environ, "GATEWAY_PORT": str(port)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with checks.that("MiniStack starts", quiet=True):
                await listens(server, port)
            async with checks.that("the probe is deployed on MiniStack by AWS's APIs"):
                targets = await asyncio.to_thread(deploy, port, program)
            async with checks.that("Lift passes every case; MiniStack fails exactly the listed cases",
                                   seconds=RUN_SECONDS):
                table = await observe(program, targets)
            async with checks.that("the book has this table"):
                intro, mark, _ = TABLE.read_text().partition(MARK)
                page = intro + mark + table
                if os.environ.get("LIFT_WRITE_TABLE"):
                    TABLE.write_text(page)
                equal(TABLE.read_text(), page, f"{TABLE.name}; LIFT_WRITE_TABLE=1 writes it")
        finally:
            if server.returncode is None:
                server.kill()
                await server.wait()


async def build():
    """Builds the suite, and returns its path."""
    cargo = await asyncio.create_subprocess_exec(
        *("cargo", "build", "--quiet", "--package", "lift-conformance", "--package", "unify"),
        *("--message-format", "json"),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(BUILD_SECONDS):
        output = (await cargo.communicate())[0].decode()
    built = [json.loads(line) for line in output.splitlines()]
    programs = [line["executable"] for line in built
                if line.get("executable") and line["target"]["name"] == "lift-conformance"]
    if cargo.returncode or not programs:
        raise Failed(f"cargo ended with {cargo.returncode}")
    return programs[0]


def deploy(port, program):
    """Deploys every API with its own function, which gets the address of its API in a variable."""
    def client(service):
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
                            aws_access_key_id=ACCOUNT, aws_secret_access_key="none",
                            config=Config(retries={"total_max_attempts": 1}, read_timeout=60))
    functions, gateway = client("lambda"), client("apigatewayv2")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as archive:
        archive.write(program, "bootstrap")
    arguments = []
    for name in ["main", "bare", "composed", "token", "keyed", "iam", "throttled"]:
        selection = COMPOSED if name == "composed" else "$request.body.action"
        api = gateway.create_api(Name=name, ProtocolType="WEBSOCKET",
                                 RouteSelectionExpression=selection)["ApiId"]
        address = f"127.0.0.1:{port}/_aws/execute-api/{api}/prod"
        function = functions.create_function(
            FunctionName=f"probe-{name}", Runtime="provided.al2023", Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/probe", Timeout=60,
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": {
                "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"http://{address}"}})["FunctionArn"]
        routes(gateway, api, name, function)
        arguments += ["--target", f"ministack/{name}=ws://{address}"]
    return arguments


def routes(gateway, api, name, function):
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY",
                                             IntegrationUri=uri)["IntegrationId"]
    access = {}
    if name in ("main", "token"):
        sources = ["route.request.querystring.token"] if name == "token" else []
        authorizer = gateway.create_authorizer(
            ApiId=api, Name="probe", AuthorizerType="REQUEST", AuthorizerUri=uri,
            IdentitySource=sources)["AuthorizerId"]
        access = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer}
    elif name == "iam":
        access = {"AuthorizationType": "AWS_IAM"}
    elif name == "keyed":
        access = {"ApiKeyRequired": True}
    for key in KEYS.get(name, FIXED + TWO_WAY + ["one"]):
        more = access if key == "$connect" else {}
        if key == "$default" or key in TWO_WAY + KEYS["composed"]:
            more = {"RouteResponseSelectionExpression": "$default"}
        if key == "model":
            # MiniStack has no models, but accepts the name of a model in a route.
            more |= {"ModelSelectionExpression": "$default", "RequestModels": {"$default": "numbered"}}
        route = gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration}",
                                     **more)["RouteId"]
        if "RouteResponseSelectionExpression" in more:
            gateway.create_route_response(ApiId=api, RouteId=route, RouteResponseKey="$default")
    throttled = {"$connect": {"ThrottlingRateLimit": 2.0, "ThrottlingBurstLimit": 5},
                 "two": {"ThrottlingRateLimit": 1.0, "ThrottlingBurstLimit": 1}}
    gateway.create_stage(ApiId=api, StageName="prod", AutoDeploy=True,
                         StageVariables={"color": "blue"} if name == "main" else {},
                         RouteSettings=throttled if name == "throttled" else {})


async def observe(program, targets):
    """Runs the suite against both gateways, and returns the table."""
    suite = await asyncio.create_subprocess_exec(
        program, "--target", "lift", *targets, "--known", f"ministack={KNOWN}", "--sign", REGION,
        "--api-key", KEY, "--arrival-timeout", "5", "--max-wait", "40", "--format", "markdown",
        env={**os.environ, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "none"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        stdout, stderr = await suite.communicate()
    finally:
        if suite.returncode is None:
            suite.kill()
            await suite.wait()
    if suite.returncode:
        raise Failed(stderr.decode())
    return stdout.decode()
