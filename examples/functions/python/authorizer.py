"""A Lambda authorizer: a client with the right token can connect."""


def handler(event, _):
    good = event["queryStringParameters"]["token"] == "sesame"
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if good else "Deny",
        "Resource": event["methodArn"],
    }
    return {"principalId": "ana", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
