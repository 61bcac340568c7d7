"""Start and stop of `lift dev`: it shuts down in order, leaves nothing behind, cleans up after `kill -9`, and
reports clearly why it cannot start."""

import asyncio
import shutil
import socket
import tempfile
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

from checks import equal, holds
from client import World, members
from lift import CHAT, Lift, gone, is_free, lives, outcome


async def run(checks):
    folder = Path(tempfile.mkdtemp(prefix="lift-e2e-"))
    try:
        for name, number in [("SIGINT", SIGINT), ("SIGTERM", SIGTERM)]:
            await stop_in_order(checks, name, number, folder / name)
        await kill_9(checks, folder / "SIGKILL")
        await errors(checks, folder / "errors")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def a_room(world):
    await world.join("ana", "ana", "general")
    await world.join("bob", "bob", "general", others=["ana"])
    await world.join("dan", "dan", "second")


async def stop_in_order(checks, name, number, data_dir):
    async with Lift(data_dir=data_dir) as lift, World(lift) as world:
        await a_room(world)
        functions = lift.functions()
        holds(functions, "no process of the function was found")
        async with checks.that(f"{name}: each client is closed with 1001"):
            lift.signal(number)
            codes = await asyncio.gather(*(client.closed() for client in world.clients.values()))
            equal(codes, [1001] * 3, "the close codes")
        async with checks.that(f"{name}: lift ends with exit code 0"):
            equal(await lift.ended(), 0, "the exit code")
        async with checks.that(f"{name}: no process and no port is left"):
            equal([process.pid for process in functions if lives(process)], [], "the processes")
            equal([port for port in lift.ports() if not is_free(port)], [], "the taken ports")
        async with checks.that(f"{name}: the data folder has the database and no other file"):
            equal(sorted(path.name for path in data_dir.iterdir()), [".gitignore", "dynamodb.db"],
                  "the files")
    async with checks.that(f"{name}: $disconnect has run for each client"):
        async with Lift(data_dir=data_dir) as lift:
            live, tombstones = await lift.rows()
            equal((len(live), len(tombstones)), (0, 3), "the live rows and the tombstones")
            # A start puts tombstones itself where a run did not, and says so.
            holds("did not end in order" not in lift.stderr, lift.stderr)


async def kill_9(checks, data_dir):
    async with Lift(data_dir=data_dir) as lift, World(lift) as world:
        await a_room(world)
        functions = lift.functions()
        holds(functions, "no process of the function was found")
        async with checks.that("kill -9 of lift: within 2 s no process of the function is left"):
            lift.signal(SIGKILL)
            await gone(functions, 2)
            await lift.ended()
        world.clients.clear()
    async with Lift(data_dir=data_dir) as lift, World(lift) as world:
        async with checks.that("kill -9 of lift: after the next start the room has no old members"):
            await world.join("cleo", "cleo", "general")
            await world["cleo"].send(action="who")
            await world.see({"cleo": [members("general", "cleo")]})
            live, _ = await lift.rows()
            equal([row["u"] for row in live], ["cleo"], "the users with a row")
            holds("removed 3 connections" in lift.stderr, lift.stderr)


MANIFEST = """\
[package]
name = "{name}"
edition = "2024"

[workspace]
"""

CRASHES = """\
fn main() {
    if std::env::var_os("LIFT_DESCRIBE").is_some() {
        println!("{}", r#"{"version":1,"routes":[{"key":"$connect"}],"tables":[]}"#);
        return;
    }
    eprintln!("the key is missing");
    std::process::exit(3);
}
"""


def package(folder, name, main):
    (folder / name / "src").mkdir(parents=True)
    (folder / name / "Cargo.toml").write_text(MANIFEST.format(name=name))
    (folder / name / "src/main.rs").write_text(main)
    return folder / name


async def errors(checks, folder):
    free = ["--listen", "127.0.0.1:0"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        data_dir = folder / "data"
        cases = [
            ("a taken port", [CHAT, "--listen", f"127.0.0.1:{port}", "--data-dir", data_dir],
             [f"port {port} is taken", "--listen"]),
            ("a missing folder", [folder / "nowhere", *free],
             ["there is no folder", "pass the folder of a cargo package"]),
            ("a folder without a package", [folder, *free], ["no Cargo.toml", "cargo init"]),
            ("a package that does not compile",
             [package(folder, "broken", 'fn main() { let x: u32 = "no"; }'), *free],
             ["`broken` does not compile", "fix the errors above"]),
            ("a function that crashes at start", [package(folder, "crashing", CRASHES), *free],
             ["exit status: 3", "the key is missing"]),
        ]
        for what, arguments, parts in cases:
            async with checks.that(f"{what} is one clear error"):
                code, stdout, stderr = await outcome("dev", *arguments)
                print("".join(f"# {line}\n" for line in stderr.splitlines()), end="")
                equal(code, 1, "the exit code")
                equal(stdout, "", "stdout")
                # The compiler's own errors come before Lift's.
                ours = [line for line in stderr.splitlines() if line.startswith("error: ")]
                ours = ours[-1:] if what.endswith("compile") else ours
                equal(len(ours), 1, "the number of errors")
                text = stderr[stderr.index(ours[0]):]
                equal([part for part in parts if part not in text], [], f"missing in {text!r}")
        equal(list(folder.glob("nowhere")), [], "what a failed start left")
