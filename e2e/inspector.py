"""Runs browser/inspector.mjs, inspector_faults.mjs and inspector_views.mjs, headless Chromium, against the inspector of
a running chat, and then browser/many_connections.mjs, which opens 5,000 connections and sends 1,000 posts a second. They
save screenshots in the folder LIFT_SCREENSHOTS."""

import contextlib
import os
import tempfile
from pathlib import Path

from checks import holds
from lift import CHAT, ROOT, Lift, run_lift

HERE = Path(__file__).resolve().parent
# A function that stores nothing and replies at once, so that the load is on the inspector.
FUNCTION = ROOT / "crates/lift-dev/tests/it/test_function.rs"


async def run(checks):
    with tempfile.TemporaryDirectory(prefix="lift-inspector-") as temporary:
        folder = os.environ.get("LIFT_SCREENSHOTS") or temporary
        async with Lift() as lift:
            for program in ["inspector.mjs", "inspector_faults.mjs", "inspector_views.mjs"]:
                await checks.run_program("node", HERE / "browser" / program, lift.inspector, lift.page,
                                        "--screenshots", folder)
        async with checks.that("lift replay repeats what the inspector exported"):
            code, out, err = await run_lift("replay", Path(folder) / "exported.jsonl", CHAT)
            holds(code == 0, f"exit code {code}: {out}{err}")
    with function_without_store() as app:
        async with Lift(app=app) as lift:
            await checks.run_program("node", HERE / "browser/many_connections.mjs", lift.inspector, lift.management)


@contextlib.contextmanager
def function_without_store():
    """Writes the function as a package without dependencies."""
    with tempfile.TemporaryDirectory(prefix="lift-function-") as folder:
        app = Path(folder)
        (app / "Cargo.toml").write_text(
            '[package]\nname = "function"\nedition = "2021"\n[workspace]\n'
            '[[bin]]\nname = "function"\npath = "main.rs"\n')
        (app / "main.rs").write_text(FUNCTION.read_text())
        yield app
