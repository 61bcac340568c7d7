"""Start and stop of `lift dev`: it shuts down gracefully, leaves no process or file, cleans up after `kill -9`, and
reports clearly why it cannot start."""

import asyncio
import shutil
import socket
import tempfile
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

from checks import equal, holds
from client import ClientGroup, members
from lift import CHAT, Lift, all_ended, is_free, is_alive, run_lift


async def run(checks):
    folder = Path(tempfile.mkdtemp(prefix="lift-e2e-"))
    try:
        for name, number in [("SIGINT", SIGINT), ("SIGTERM", SIGTERM)]:
            await graceful_stop(checks, name, number, folder / name)
        await kill_9(checks, folder / "SIGKILL")
        await errors(checks, folder / "errors")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def a_room(group):
    await group.join("ana", "ana", "general")
    await group.join("bob", "bob", "general", others=["ana"])
    await group.join("dan", "dan", "second")


async def graceful_stop(checks, name, number, data_dir):
    async with Lift(data_dir=data_dir) as lift, ClientGroup(lift) as group:
        await a_room(group)
        functions = lift.functions()
        holds(functions, "no process of the function was found")
        async with checks.that(f"{name}: each client is closed with 1001"):
            lift.signal(number)
            codes = await asyncio.gather(*(client.closed() for client in group.clients.values()))
            equal(codes, [1001] * 3, "the close codes")
        async with checks.that(f"{name}: lift ends with exit code 0"):
            equal(await lift.ended(), 0, "the exit code")
        async with checks.that(f"{name}: no process and no port is left"):
            equal([process.pid for process in functions if is_alive(process)], [], "the processes")
            equal([port for port in lift.ports() if not is_free(port)], [], "the taken ports")
        async with checks.that(f"{name}: the data folder has the database, the certificate and no other file"):
            equal(sorted(path.name for path in data_dir.iterdir()), [".gitignore", "dynamodb.db", "lift-data",
                                                                           "lift-gateway-key.pem", "lift-gateway.pem"],
                  "the files")
    async with checks.that(f"{name}: $disconnect has run for each client"):
        async with Lift(data_dir=data_dir) as lift:
            live, tombstones = await lift.rows()
            equal((len(live), len(tombstones)), (0, 3), "the live rows and the tombstones")
            # `lift dev` puts missing tombstones at its start, and logs that.
            holds("did not end in order" not in lift.stderr, lift.stderr)


async def kill_9(checks, data_dir):
    async with Lift(data_dir=data_dir) as lift, ClientGroup(lift) as group:
        await a_room(group)
        functions = lift.functions()
        holds(functions, "no process of the function was found")
        async with checks.that("kill -9 of lift: within 2 s no process of the function is left"):
            lift.signal(SIGKILL)
            await all_ended(functions, 2)
            await lift.ended()
        group.clients.clear()
    async with Lift(data_dir=data_dir) as lift, ClientGroup(lift) as group:
        async with checks.that("kill -9 of lift: after the next start the room has no old members"):
            await group.join("cleo", "cleo", "general")
            await group["cleo"].send(action="who")
            await group.expect_frames({"cleo": [members("general", "cleo")]})
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
                code, stdout, stderr = await run_lift("dev", *arguments)
                print("".join(f"# {line}\n" for line in stderr.splitlines()), end="")
                equal(code, 1, "the exit code")
                equal(stdout, "", "stdout")
                # The compiler's own errors come before Lift's.
                of_lift = [line for line in stderr.splitlines() if line.startswith("error: ")]
                of_lift = of_lift[-1:] if what.endswith("compile") else of_lift
                equal(len(of_lift), 1, "the number of errors")
                text = stderr[stderr.index(of_lift[0]):]
                equal([part for part in parts if part not in text], [], f"missing in {text!r}")
        equal(list(folder.glob("nowhere")), [], "the files of a failed start")
