"""Rooms: connections are stored in DynamoDB, and a message goes to all connections in the room."""

import json
import os
import time

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
connections = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["ENDPOINT"])


def handler(event, _context):
    if event.get("detail-type") == "Scheduled Event":
        return {"sent": count()}
    request = event["requestContext"]
    match request["routeKey"]:
        case "$connect":
            query = event.get("queryStringParameters") or {}
            name = request["authorizer"]["name"]
            room = query.get("room", "hall")
            # No connection lives for longer than two hours.
            expires = int(time.time()) + 2 * 60 * 60 + 300
            item = {"id": request["connectionId"], "room": room, "name": name, "expires": expires}
            table.put_item(Item=item)
        case "$disconnect":
            table.delete_item(Key={"id": request["connectionId"]})
        case "say":
            say(request["connectionId"], json.loads(event["body"])["text"])
    return {"statusCode": 200}


def count():
    """Tells all members how many they are."""
    members = table.scan()["Items"]
    send(members, {"members": len(members)})
    return len(members)


def say(connection, text):
    sender = table.get_item(Key={"id": connection})["Item"]
    members = table.query(IndexName="by-room", KeyConditionExpression=Key("room").eq(sender["room"]))
    send(members["Items"], {"from": sender["name"], "text": text})


def send(members, message):
    data = json.dumps(message)
    for member in members:
        try:
            connections.post_to_connection(ConnectionId=member["id"], Data=data)
        except connections.exceptions.GoneException:
            table.delete_item(Key={"id": member["id"]})
