"""Functions that build the endpoint of @connections themselves, as most published ones do: from the event's
domain name and stage, or from the API's id and the region. `lift dev` gives them no variable for it."""

import ssl
import tempfile
from pathlib import Path

from client import Client
from checks import equal, holds
from lift import Lift

SERVICE = """
service: endpoints
provider: {name: aws, runtime: nodejs20.x, timeout: 12}
functions:
  connect: {handler: post.connect, events: [{websocket: $connect}]}
  nodeDomain: {handler: post.domain, events: [{websocket: nodeDomain}]}
  nodeId: {handler: post.id, events: [{websocket: nodeId}]}
  nodeFetch: {handler: post.fetched, events: [{websocket: nodeFetch}]}
  pythonDomain: {handler: app.domain, runtime: python3.11, events: [{websocket: pythonDomain}]}
  pythonId: {handler: app.id, runtime: python3.11, events: [{websocket: pythonId}]}
"""

NODE = """
import https from 'node:https';

const ofDomain = (rc) => `https://${rc.domainName}/${rc.stage}`;
const ofId = (rc) => `https://${rc.apiId}.execute-api.${process.env.AWS_REGION}.amazonaws.com/${rc.stage}`;
const url = (endpoint, rc) => `${endpoint(rc)}/@connections/${encodeURIComponent(rc.connectionId)}`;

const poster = (endpoint) => ({ requestContext: rc }) =>
  new Promise((resolve, reject) => {
    const request = https.request(url(endpoint, rc), { method: 'POST' }, (response) => {
      response.resume().on('end', () => resolve({ statusCode: response.statusCode }));
    });
    request.on('error', reject).end('"hello"');
  });

export const connect = async () => ({ statusCode: 200 });
export const domain = poster(ofDomain);
export const id = poster(ofId);
export const fetched = async ({ requestContext: rc }) => {
  const response = await fetch(url(ofId, rc), { method: 'POST', body: '"hello"' });
  return { statusCode: response.status };
};
"""

PYTHON = """
import os
import boto3


def post(endpoint, rc):
    api = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    try:
        api.post_to_connection(ConnectionId=rc["connectionId"], Data=b'"hello"')
    except Exception:
        pass
    return {"statusCode": 200}


def domain(event, _):
    rc = event["requestContext"]
    return post(f"https://{rc['domainName']}/{rc['stage']}", rc)


def id(event, _):
    rc = event["requestContext"]
    region = os.environ["AWS_REGION"]
    return post(f"https://{rc['apiId']}.execute-api.{region}.amazonaws.com/{rc['stage']}", rc)
"""


async def run(checks):
    with tempfile.TemporaryDirectory(prefix="lift-e2e-") as folder:
        folder = Path(folder)
        (folder / "serverless.yml").write_text(SERVICE)
        (folder / "post.mjs").write_text(NODE)
        (folder / "app.py").write_text(PYTHON)
        async with Lift(app=folder, stage=None) as lift:
            await endpoints(checks, lift)
            await secure_clients(checks, lift)


async def endpoints(checks, lift):
    for route, name in [
        ("nodeDomain", "Node: an endpoint from the event's domain name"),
        ("nodeId", "Node: an endpoint from the API's id and the region"),
        ("nodeFetch", "Node: the same, with fetch"),
        ("pythonDomain", "boto3: an endpoint from the event's domain name"),
        ("pythonId", "boto3: an endpoint from the API's id and the region"),
    ]:
        async with checks.that(f"{name} delivers a message"):
            one = await Client.open(lift.websocket)
            await one.send(action=route)
            equal(await one.receive(), "hello", "the message")
            await one.close()


async def secure_clients(checks, lift):
    certificate = lift.data_dir / "lift-gateway.pem"
    url = lift.websocket.replace("ws://", "wss://")
    async with checks.that("a client that trusts the data folder's certificate connects by wss, at the same port"):
        trusting = ssl.create_default_context(cafile=certificate)
        one = await Client.open(url, ssl=trusting)
        await one.send(action="nodeDomain")
        equal(await one.receive(), "hello", "the message")
        await one.close()
    async with checks.that("no other client trusts it, and only its owner reads the key"):
        try:
            await Client.open(url, ssl=ssl.create_default_context())
        except ssl.SSLCertVerificationError:
            pass
        else:
            holds(False, "the client refuses the certificate")
        mode = (lift.data_dir / "lift-gateway-key.pem").stat().st_mode & 0o777
        equal(oct(mode), "0o600", "the mode of the key")
