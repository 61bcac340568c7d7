"""Autobahn|Testsuite against the gateway: RFC 6455 with raised limits, and the cases that exceed API Gateway's
limits. The echo is a function behind a two-way route.

The official suite needs Python 2.7. kosoku is a second implementation of the same cases for current Pythons.
Both must give the same results. The gateway does not support compression, sections 12 and 13.
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
# Cases with frames above 32 KiB, or with messages above 128 KiB in smaller frames.
ABOVE_AWS_LIMITS = {
    f"{section}.{number}"
    for section, numbers in {
        "1.1": range(6, 9), "1.2": range(6, 9), "9.1": range(1, 7), "9.2": range(1, 7),
        "9.3": range(1, 10), "9.4": range(1, 10), "9.5": range(1, 7), "9.6": range(1, 7),
    }.items()
    for number in numbers
}
# The cases that find each broken rule. The suite masks all its frames, so `unmasked` below sends one without a mask.
UNMASKED = "unmasked-accepted"
CASES_OF_BROKEN_RULE = {
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
    # The reference is the official suite, if it is available.
    name, reference_suite = next(iter(suites.items()))
    async with echo("gateway", "--autobahn", "rfc") as url:
        results = {}
        for suite, cases in suites.items():
            async with checks.that(f"{suite}: {CASES} cases pass with raised limits"):
                report = await cases(url)
                equal(len(report), CASES, "the number of cases")
                equal(failed(report), {}, "what failed")
                results[suite] = {case: result for case, (result, _) in report.items()}
                lenient = [case for case, result in results[suite].items() if "NON-STRICT" in result]
                holds(len(lenient) <= 2, f"too many cases are non-strict: {lenient}")
        if len(suites) > 1:
            async with checks.that(f"both suites give the same {CASES} results"):
                equal(results["kosoku"], results[name], "the results")
        async with checks.that("a frame without a mask is refused with 1002"):
            equal(await unmasked(url), 1002, "the close code")
    async with echo("gateway", "--autobahn", "aws") as url:
        async with checks.that(f"{name}: AWS's limits refuse {len(ABOVE_AWS_LIMITS)} cases, each by 1009"):
            report = await reference_suite(url)
            equal(len(report), CASES, "the number of cases")
            equal(failed(report), dict.fromkeys(sorted(ABOVE_AWS_LIMITS), 1009), "what failed")
    await broken_rules(checks, name, reference_suite)


async def broken_rules(checks, name, reference_suite):
    async with echo("broken") as url:
        async with checks.that(f"{name}: a correct server passes the cases that find broken rules"):
            report = await reference_suite(url, [case for cases in CASES_OF_BROKEN_RULE.values() for case in cases])
            equal(failed(report), {}, "what failed")
            equal(await unmasked(url), 1002, "the close code")
    for rule, cases in CASES_OF_BROKEN_RULE.items():
        async with echo("broken", "--break-rule", rule) as url:
            async with checks.that(f"{name if cases else 'the frame without a mask'} finds {rule}"):
                found = failed(await reference_suite(url, cases)) if cases else await unmasked(url) != 1002
                holds(found, "the broken rule was not found")


def failed(report):
    """Returns the failed cases with their close codes."""
    return {case: code for case, (result, code) in sorted(report.items())
            if not all(part in PASSED for part in result)}


async def official_suite():
    """Installs the official suite in its own environment, which is kept. Returns `None` without Python 2.7."""
    python = python2()
    if not python:
        print("# there is no Python 2.7: only kosoku runs")
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
    """Finds a Python 2.7 that starts. pyenv's shim exists even if the version is not selected."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in [shutil.which("python2.7"), *versions.glob("2.7*/bin/python2.7")]:
        if python and not subprocess.run([python, "-c", ""], capture_output=True).returncode:
            return python
    return None


async def kosoku(url, include=()):
    options = [("--include", case) for case in include] + [("--exclude", case) for case in COMPRESSION]
    with tempfile.TemporaryDirectory(prefix="lift-e2e-") as out:
        # With a failed case, the exit code is 1, and the report has the case.
        await program(Path(sys.executable).parent / "kosoku", "--mode", "fuzzingclient", "--parallelism", 2,
                      "--outdir", out, *(argument for option in options for argument in option),
                      url.removeprefix("ws://"), codes=(0, 1))
        return report(out)


def report(out):
    """Returns each case's results, for its messages and for its close, and the server's close code."""
    [cases] = json.loads((Path(out) / "index.json").read_text()).values()
    return {case: ((of["behavior"], of["behaviorClose"]), of["remoteCloseCode"])
            for case, of in cases.items()}


async def unmasked(url):
    """Sends a frame without a mask. Returns the code if the server replies with a close frame, else `None`."""
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
    # Optimized, because section 9 has large messages.
    return "cargo", command, "--quiet", "--profile", "optimized-tests", "--package", "echo"


@contextlib.asynccontextmanager
async def echo(*arguments):
    """Starts a server of tools/echo and yields its URL."""
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
    """Runs a program to its end. Its output is shown only if it fails."""
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
