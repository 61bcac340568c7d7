"""Runs browser/chat.mjs, headless Chromium, against the chat. It saves screenshots in the folder LIFT_SCREENSHOTS."""

import os
from pathlib import Path

from lift import Lift

HERE = Path(__file__).resolve().parent


async def run(checks):
    folder = os.environ.get("LIFT_SCREENSHOTS")
    async with Lift() as lift:
        options = ["--screenshots", folder] if folder else []
        await checks.run_program("node", HERE / "browser/chat.mjs", lift.page, *options)
