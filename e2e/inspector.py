"""Runs browser/inspector.mjs, headless Chromium, against the inspector of a running chat, and then
browser/crowd.mjs, which gives it 5,000 connections and 1,000 posts a second. LIFT_SCREENSHOTS keeps the
pictures."""

import os
import tempfile
from pathlib import Path

from lift import Lift

HERE = Path(__file__).resolve().parent
# A function that stores nothing and answers at once, so that the crowd is the inspector's alone.
QUICK = HERE / "apps/quick"


async def run(checks):
    folder = os.environ.get("LIFT_SCREENSHOTS") or tempfile.mkdtemp(prefix="lift-inspector-")
    async with Lift() as lift:
        await checks.of_program(
            "node", HERE / "browser/inspector.mjs", lift.inspector, lift.page, "--screenshots", folder)
    async with Lift(app=QUICK) as lift:
        await checks.of_program("node", HERE / "browser/crowd.mjs", lift.inspector, lift.management)
