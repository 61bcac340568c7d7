"""Runs ws/check.mjs, npm's `ws`, against the small app in apps/subprotocol."""

from pathlib import Path

from lift import Lift

HERE = Path(__file__).resolve().parent


async def run(checks):
    async with Lift(app=HERE / "apps/subprotocol") as lift:
        await checks.run_program("node", HERE / "ws/check.mjs", lift.websocket)
