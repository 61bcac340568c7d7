"""Runs the named end-to-end checks, by default all, and counts them."""

import asyncio
import signal
import sys
import time

import autobahn
import browser
import chat
import chat_without_lift
import conformance
import endpoints
import functions
import guard
import inspector
import interop
import lifecycle
import management
import memory
import processes
import recording
import reload
import stores
import table
import templates
import terminal
import ws
from checks import Checks

PARTS = {
    "chat": chat.run,
    "management": management.run,
    "memory": memory.run,
    "processes": processes.run,
    "lifecycle": lifecycle.run,
    "reload": reload.run,
    "recording": recording.run,
    "table": table.run,
    "templates": templates.run,
    "stores": stores.run,
    "terminal": terminal.run,
    "ws": ws.run,
    "interop": interop.run,
    "browser": browser.run,
    "guard": guard.run,
    "inspector": inspector.run,
    "chat-without-lift": chat_without_lift.run,
    "autobahn": autobahn.run,
    "conformance": conformance.run,
    "functions": functions.run,
    "endpoints": endpoints.run,
}


async def run(names):
    # Ctrl-C and SIGTERM cancel the checks, so all started programs are stopped.
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    checks = Checks()
    for name in names:
        print(f"# {name}")
        start = time.monotonic()
        async with checks.that(f"the part {name} completes", quiet=True):
            await PARTS[name](checks)
        print(f"# {name} took {time.monotonic() - start:.1f} s")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    chosen = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in chosen if name not in PARTS]:
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    try:
        sys.exit(asyncio.run(run(chosen)))
    except asyncio.CancelledError:
        sys.exit("interrupted")
