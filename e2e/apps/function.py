"""A function for the checks of hot reload: it asks the Lambda Runtime API for events, without a library."""

import json
import os
from http.client import HTTPConnection

VERSION = 0

api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
path = "/2018-06-01/runtime/invocation"
while True:
    api.request("GET", f"{path}/next")
    response = api.getresponse()
    event = json.load(response)
    reply = {"statusCode": 200, "body": f"{VERSION} {event.get('body')}"}
    api.request("POST", f"{path}/{response.headers['Lambda-Runtime-Aws-Request-Id']}/response", json.dumps(reply))
    api.getresponse().read()
