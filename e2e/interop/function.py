"""The function behind the interop checks: it echoes messages, and disconnects its client on request. It asks
the Lambda Runtime API for events, without a library."""

import json
import os
import urllib.parse
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
CONNECTIONS = os.environ["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"] + "/@connections/"


def reply_to(event):
    context = event["requestContext"]
    if context["eventType"] == "CONNECT":
        if "refuse" in (event.get("queryStringParameters") or {}):
            return {"statusCode": 403}
        offered = event["headers"].get("Sec-WebSocket-Protocol", "")
        chosen = [name for name in map(str.strip, offered.split(",")) if name == "chat.v2"]
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": name for name in chosen}}
    body = event.get("body", "")
    if body == "disconnect me":
        url = CONNECTIONS + urllib.parse.quote(context["connectionId"])
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"))
        return {"statusCode": 200}
    return {"statusCode": 200, "body": "x" * 100_000 if body == "much" else body}


while True:
    with urllib.request.urlopen(f"{API}/next") as invocation:
        event, request = json.load(invocation), invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    reply = json.dumps(reply_to(event)).encode()
    urllib.request.urlopen(urllib.request.Request(f"{API}/{request}/response", reply)).read()
