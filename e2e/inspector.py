"""Runs browser/inspector.mjs, headless Chromium, against the inspector of a running chat, and then
browser/crowd.mjs, which gives it 5,000 connections and 1,000 posts a second. LIFT_SCREENSHOTS is the folder
for the pictures."""

import contextlib
import os
import tempfile
from pathlib import Path

from lift import ROOT, Lift

HERE = Path(__file__).resolve().parent
# A function that stores nothing and answers at once, so that the crowd is the inspector's to bear.
TINY = ROOT / "crates/lift-dev/tests/it/tiny.rs"


async def run(checks):
    with tempfile.TemporaryDirectory(prefix="lift-inspector-") as own:
        folder = os.environ.get("LIFT_SCREENSHOTS") or own
        async with Lift() as lift:
            await checks.of_program("node", HERE / "browser/inspector.mjs", lift.inspector, lift.page,
                                    "--screenshots", folder)
    with tiny() as app:
        async with Lift(app=app) as lift:
            await checks.of_program("node", HERE / "browser/crowd.mjs", lift.inspector, lift.management)


@contextlib.contextmanager
def tiny():
    """A package of the function, which needs no other."""
    with tempfile.TemporaryDirectory(prefix="lift-tiny-") as folder:
        app = Path(folder)
        (app / "Cargo.toml").write_text(
            '[package]\nname = "tiny"\nedition = "2021"\n[workspace]\n'
            '[[bin]]\nname = "tiny"\npath = "main.rs"\n')
        (app / "main.rs").write_text(TINY.read_text())
        yield app
