"""Counts checks, compares values and waits for conditions, always with a timeout."""

import asyncio
import contextlib
import json
import time
import traceback

# How long one check, and one wait within it, may take on a machine that is busy building.
CHECK_SECONDS = 180
WAIT_SECONDS = 30


class Failed(Exception):
    """A failed check. Only its text is shown, without a traceback."""


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    @contextlib.asynccontextmanager
    async def that(self, what, quiet=False, seconds=CHECK_SECONDS):
        """Counts the body of the `async with` as one check. A quiet check counts only if it fails."""
        try:
            async with asyncio.timeout(None if quiet else seconds):
                yield
        except Failed as failure:
            self._not_ok(what, str(failure))
        except Exception:
            self._not_ok(what, traceback.format_exc())
        else:
            if not quiet:
                self.passed += 1
                print(f"ok - {what}")

    async def run_program(self, *command):
        """Runs a program that prints checks in the same format, and adds its counts."""
        program = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        passed, failed, summary = 0, 0, ""
        try:
            async for line in program.stdout:
                if summary:
                    print(summary)
                    summary = ""
                line = line.decode().rstrip("\n")
                passed += line.startswith("ok - ")
                failed += line.startswith("not ok - ")
                # The program's last line would look like the total of all checks.
                if line == f"{passed} passed, {failed} failed":
                    summary = line
                else:
                    print(line)
            code = await program.wait()
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        self.passed += passed
        self.failed += failed
        if code != (1 if failed else 0) or not summary:
            self._not_ok(f"{command[0]} ends with the expected exit code", f"exit code {code}, total {summary!r}")

    def _not_ok(self, what, why):
        self.failed += 1
        print(f"not ok - {what}")
        print("\n".join("    " + line for line in why.rstrip().splitlines()))


def show(value):
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 600 else f"{text[:600]}... ({len(text)} characters)"


def equal(actual, expected, what):
    if actual != expected:
        raise Failed(f"{what}: expected {show(expected)}, got {show(actual)}")


def holds(condition, what):
    if not condition:
        raise Failed(what)


async def eventually(condition, what, seconds=WAIT_SECONDS):
    """Calls `condition` repeatedly until it returns a true value, and returns that."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise Failed(f"still waiting after {seconds} s: {what}")
        await asyncio.sleep(0.02)
    return result
