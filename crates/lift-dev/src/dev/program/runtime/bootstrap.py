# Runs a handler in Python by awslambdaric, as Lambda does. Usage: python3 bootstrap.py FILE.NAME

import os
import re
import runpy
import socket
import sys

# A program may build the API's endpoint from its id and region. Such names are the local gateway here.
EXECUTE_API = re.compile(r"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", re.IGNORECASE)
gateway, _, port = os.environ.get("LIFT_EXECUTE_API", "").rpartition(":")
resolve = socket.getaddrinfo


def getaddrinfo(host, service, *args, **options):
    if isinstance(host, str) and EXECUTE_API.fullmatch(host):
        host, service = gateway.strip("[]"), int(port)
    return resolve(host, service, *args, **options)


if gateway:
    socket.getaddrinfo = getaddrinfo
# The function's folder, as for `python3 -m`, and not the folder of this file.
sys.path[0] = os.getcwd()
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
