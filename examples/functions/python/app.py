"""A function in Python: it echoes `say` through @connections, and answers `ask` with a route response.
Its runtime client is awslambdaric, as on Lambda."""

import json

import boto3

# The endpoint is in AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI; set it to the API's URL on AWS.
connections = boto3.client("apigatewaymanagementapi")


def handler(event, _):
    context = event["requestContext"]
    connection = context["connectionId"]
    match context["routeKey"]:
        case "$connect":
            name = (event.get("queryStringParameters") or {}).get("name")
            return {"statusCode": 200 if name else 403}
        case "$disconnect":
            print(connection, "has left")
        case "say":
            text = json.loads(event["body"])["text"]
            data = json.dumps({"said": text, "by": "python"}).encode()
            connections.post_to_connection(ConnectionId=connection, Data=data)
        case "ask":
            return {"statusCode": 200, "body": json.dumps({"answer": "python"})}
    return {"statusCode": 200}
