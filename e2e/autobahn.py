"""Autobahn|Testsuite against the gateway: RFC 6455 with raised limits, and what API Gateway's limits
refuse of it. The echo is a function behind a two-way route.

The official suite needs Python 2.7. kosoku, an implementation of the same cases, runs everywhere; both
have to agree. The gateway declines compression, sections 12 and 13.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import Failed, equal, holds
from lift import ROOT, START_SECONDS

SUITE = "autobahntestsuite==25.10.1"
CASES = 301
COMPRESSION = ["12.*", "13.*"]
PASSED = ("OK", "NON-STRICT", "INFORMATIONAL")
# Frames above 32 KiB, and messages above 128 KiB in smaller ones.
ABOVE_AWS_LIMITS = {
    f"{section}.{number}"
    for section, numbers in {
        "1.1": range(6, 9), "1.2": range(6, 9), "9.1": range(1, 7), "9.2": range(1, 7),
        "9.3": range(1, 10), "9.4": range(1, 10), "9.5": range(1, 7), "9.6": range(1, 7),
    }.items()
    for number in numbers
}
# What notices each fault. The suite always masks, so the frame without a mask is a check of ours.
UNMASKED = "unmasked-accepted"
FAULTS = {
    "no-utf8-check": ["6.3.*"],
    "rsv-accepted": ["3.*"],
    "fragmented-control-accepted": ["5.1", "5.2"],
    "bad-close-code-echoed": ["7.9.*"],
    UNMASKED: [],
}


async def run(checks):
    async with checks.that("the suite and the servers start", quiet=True):
        suites = {"kosoku": kosoku}
        if official := await official_suite():
            suites = {"official": official, **suites}
        await program(*cargo("build"), cwd=ROOT, seconds=START_SECONDS)
    # The judge is the official suite, if there is one.
    name, judge = next(iter(suites.items()))
    async with echo("gateway", "--autobahn", "rfc") as url:
        verdicts = {}
        for suite, cases in suites.items():
            async with checks.that(f"{suite}: {CASES} cases pass with raised limits"):
                report = await cases(url)
                equal(len(report), CASES, "the number of cases")
                equal(failed(report), {}, "what failed")
                verdicts[suite] = {case: verdict for case, (verdict, _) in report.items()}
                lenient = [case for case, verdict in verdicts[suite].items() if "NON-STRICT" in verdict]
                holds(len(lenient) <= 2, f"too many are non-strict: {lenient}")
        if len(suites) > 1:
            async with checks.that(f"both suites agree on {CASES} verdicts"):
                equal(verdicts["kosoku"], verdicts[name], "the verdicts")
        async with checks.that("a frame without a mask is refused with 1002"):
            equal(await unmasked(url), 1002, "the close code")
    async with echo("gateway", "--autobahn", "aws") as url:
        async with checks.that(f"{name}: AWS's limits refuse {len(ABOVE_AWS_LIMITS)} cases, each by 1009"):
            report = await judge(url)
            equal(len(report), CASES, "the number of cases")
            equal(failed(report), dict.fromkeys(sorted(ABOVE_AWS_LIMITS), 1009), "what failed")
    await faults(checks, name, judge)


async def faults(checks, name, judge):
    async with echo("wrong") as url:
        async with checks.that(f"{name}: a correct server passes the cases that find faults"):
            report = await judge(url, [case for cases in FAULTS.values() for case in cases])
            equal(failed(report), {}, "what failed")
            equal(await unmasked(url), 1002, "the close code")
    for fault, cases in FAULTS.items():
        async with echo("wrong", "--fault", fault) as url:
            async with checks.that(f"{name if cases else 'the frame without a mask'} finds {fault}"):
                found = failed(await judge(url, cases)) if cases else await unmasked(url) != 1002
                holds(found, "nothing was found")


def failed(report):
    """The cases that did not pass, and the close code of each."""
    return {case: code for case, (verdict, code) in sorted(report.items())
            if not all(part in PASSED for part in verdict)}


async def official_suite():
    """The official suite in an environment of its own, which is kept; `None` without Python 2.7."""
    python = python2()
    if not python:
        print("# there is no Python 2.7: kosoku alone")
        return None
    folder = Path(sys.executable).parent.parent.parent / SUITE.replace("==", "-")
    wstest = folder / "bin/wstest"
    if not wstest.exists():
        shutil.rmtree(folder, ignore_errors=True)
        await program(sys.executable, "-m", "virtualenv", "--quiet", "--python", python, folder)
        await program(folder / "bin/pip", "install", "--quiet", SUITE, seconds=START_SECONDS)

    async def cases(url, include=("*",)):
        with tempfile.TemporaryDirectory(prefix="lift-e2e-") as out:
            spec = Path(out) / "spec.json"
            spec.write_text(json.dumps({"outdir": out, "servers": [{"agent": "echo", "url": url}],
                                        "cases": list(include), "exclude-cases": COMPRESSION}))
            await program(wstest, "--mode", "fuzzingclient", "--spec", spec)
            return report(out)
    return cases


def python2():
    """A Python 2.7 that starts: pyenv's shim is there even if the version is not chosen."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in [shutil.which("python2.7"), *versions.glob("2.7*/bin/python2.7")]:
        if python and not subprocess.run([python, "-c", ""], capture_output=True).returncode:
            return python
    return None


async def kosoku(url, include=()):
    options = [("--include", case) for case in include] + [("--exclude", case) for case in COMPRESSION]
    with tempfile.TemporaryDirectory(prefix="lift-e2e-") as out:
        # A failed case is exit code 1, and stands in the report.
        await program(Path(sys.executable).parent / "kosoku", "--mode", "fuzzingclient", "--parallelism", 2,
                      "--outdir", out, *(word for option in options for word in option),
                      url.removeprefix("ws://"), codes=(0, 1))
        return report(out)


def report(out):
    """Each case's verdicts, on its messages and on the close, and the server's close code."""
    [cases] = json.loads((Path(out) / "index.json").read_text()).values()
    return {case: ((of["behavior"], of["behaviorClose"]), of["remoteCloseCode"])
            for case, of in cases.items()}


async def unmasked(url):
    """The close code that answers a frame without a mask, or `None` for any other answer."""
    host, path = url.removeprefix("ws://").split("/", 1)
    address, port = host.split(":")
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        holds((await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101"), "no handshake")
        writer.write(b"\x81\x01x")
        head = await reader.readexactly(2)
        payload = await reader.readexactly(head[1])
        return int.from_bytes(payload[:2]) if head[0] == 0x88 else None
    finally:
        writer.close()


def cargo(command):
    # Optimized, as section 9 is about large messages.
    return "cargo", command, "--quiet", "--profile", "many", "--package", "echo"


@contextlib.asynccontextmanager
async def echo(*arguments):
    """A running server of tools/echo, by its URL."""
    server = await asyncio.create_subprocess_exec(
        *cargo("run"), "--", *arguments, cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await server.stdout.readline()).decode()
        holds(line, f"echo {' '.join(arguments)} did not start")
        yield line.split()[-1]
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


async def program(*command, cwd=None, codes=(0,), seconds=150):
    """Runs a program to its end; what it prints is shown when it fails."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode not in codes:
        raise Failed(f"{command[0]} ended with {process.returncode}:\n{output.decode()}")
