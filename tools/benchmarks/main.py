"""Measures an echo function behind each gateway with the same clients, and prints a table of medians."""

import argparse
import contextlib
import io
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

CLIENTS = [1, 64]
START_SECONDS = 120
# The largest number of function processes that `lift dev` starts by default.
PROCESSES = 10
REGION, ACCOUNT = "us-east-1", "000000000000"
LIFT = {
    "tokio-tungstenite alone": ["library"],
    "Lift, function in the gateway's process": ["gateway"],
    f"Lift, function in {PROCESSES} processes": ["gateway", "--processes", PROCESSES],
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("bins", type=Path)
    arguments.add_argument("cache", type=Path)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--lift-only", action="store_true")
    options = arguments.parse_args()
    echo = options.bins / "echo"
    with contextlib.ExitStack() as running:
        servers = {name: running.enter_context(lift(echo, command)) for name, command in LIFT.items()}
        if not options.lift_only:
            servers["serverless-offline"] = running.enter_context(serverless_offline(options.cache))
            servers["MiniStack"] = running.enter_context(ministack(echo))
        runs = {}
        # The servers take turns, so that other load of the machine affects all of them equally.
        for _ in range(options.rounds):
            for clients in CLIENTS:
                for name, server in servers.items():
                    run = measure(echo, *server, clients, options.seconds)
                    runs.setdefault((clients, name), []).append(run)
    for clients in CLIENTS:
        show(clients, {name: runs[clients, name] for name in servers})
    if options.lift_only:
        return
    print()
    for load_test in (["idle", "--clients", "5000"], ["burst"]):
        # `tools/load-tests` checks its thresholds, so its exit code is ignored here.
        subprocess.run([options.bins / "load", *load_test], check=False)


def measure(echo, process, url, clients, seconds):
    before = cpu_seconds(process)
    command = [echo, "measure", url, "--clients", clients, "--seconds", seconds]
    run = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True).stdout)
    return {**run, "cpu_us": (cpu_seconds(process) - before) / run["replies"] * 1e6}


def cpu_seconds(process):
    """Returns the CPU time of a server and its children, including children that have ended."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The process name before `)` may contain spaces. The fourth field is the session, which the server leads.
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15])) if int(fields[3]) == process.pid else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def show(clients, runs):
    library, _, process, *_ = rates = {name: middle(of, "per_second") for name, of in runs.items()}
    print(f"\nMedians of {len(next(iter(runs.values())))}, the last two columns relative to {library!r} and {process!r}:\n\n"
          f"| clients: {clients} | messages/s | lowest to highest | p50 ms | p99 ms | CPU µs | relative to the library | relative to Lift |")
    print("|---|---|---|---|---|---|---|---|")
    for name, of in runs.items():
        rates_of_runs = [run["per_second"] for run in of]
        print(f"| {name} | {rates[name]:,.0f} | {min(rates_of_runs):,.0f} to {max(rates_of_runs):,.0f} "
              f"| {middle(of, 'p50_ms'):.3g} | {middle(of, 'p99_ms'):.3g} | {middle(of, 'cpu_us'):,.0f} "
              f"| {rates[name] / rates[library]:.3g} | {rates[name] / rates[process]:.3g} |")


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


@contextlib.contextmanager
def started(command, **options):
    """Starts a program in its own process group, and kills the whole group at the end."""
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True, start_new_session=True, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def lift(echo, command):
    with started([echo, *command]) as process:
        yield process, process.stdout.readline().split()[-1]


@contextlib.contextmanager
def serverless_offline(cache):
    folder = cache / "serverless-offline"
    ports = [free_port() for _ in range(3)]
    command = [folder / "node_modules/.bin/serverless", "offline", "--host", "127.0.0.1",
               "--websocketPort", ports[0], "--httpPort", ports[1], "--lambdaPort", ports[2]]
    quiet = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off", "NO_UPDATE_NOTIFIER": "1"}
    with started(command, cwd=folder, env={**os.environ, **quiet}, stderr=subprocess.DEVNULL) as process:
        listens(process, ports[0])
        yield process, f"ws://127.0.0.1:{ports[0]}"


@contextlib.contextmanager
def ministack(echo):
    """Starts MiniStack with the function that also runs behind Lift's gateway."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lift-benchmarks-") as folder:
        command = [Path(sys.executable).parent / "ministack"]
        with started(command, cwd=folder, env={**os.environ, "GATEWAY_PORT": str(port)},
                     stderr=subprocess.DEVNULL) as process:
            listens(process, port)
            yield process, deploy(port, echo)


def deploy(port, echo):
    import boto3
    functions, gateway = (
        boto3.client(service, endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
                     aws_access_key_id=ACCOUNT, aws_secret_access_key="none")
        for service in ("lambda", "apigatewayv2"))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", f"#!/bin/sh\nexec '{echo}' function\n")
    function = functions.create_function(
        FunctionName="echo", Runtime="provided.al2023", Handler="bootstrap", Timeout=30,
        Role=f"arn:aws:iam::{ACCOUNT}:role/echo", Code={"ZipFile": package.getvalue()})["FunctionArn"]
    api = gateway.create_api(Name="echo", ProtocolType="WEBSOCKET",
                             RouteSelectionExpression="$request.body.action")["ApiId"]
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY",
                                             IntegrationUri=uri)["IntegrationId"]
    route = gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}",
                                 RouteResponseSelectionExpression="$default")["RouteId"]
    gateway.create_route_response(ApiId=api, RouteId=route, RouteResponseKey="$default")
    gateway.create_stage(ApiId=api, StageName="local", AutoDeploy=True)
    return f"ws://127.0.0.1:{port}/_aws/execute-api/{api}/local"


def listens(process, port):
    end = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.args[0]} does not listen")
        time.sleep(0.1)


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


if __name__ == "__main__":
    # Ctrl-C and SIGTERM leave no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("interrupted"))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
