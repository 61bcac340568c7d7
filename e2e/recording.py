"""`lift dev --record` and `lift replay`: a replay gives the recorded results, and differences are reported."""

import json
import shutil
import tempfile
from pathlib import Path
from signal import SIGINT

from checks import equal, holds
from client import ClientGroup, members, message
from lift import CHAT, Lift, run_lift


async def run(checks):
    folder = Path(tempfile.mkdtemp(prefix="lift-e2e-"))
    try:
        session = folder / "session.jsonl"
        async with checks.that("a session is recorded, and the recording is complete after Ctrl-C"):
            await record(session, folder / "data")
        await replays(checks, session, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def record(session, data_dir):
    async with Lift(data_dir=data_dir, options=["--record", session]) as lift:
        async with ClientGroup(lift) as group:
            await group.join("ana", "ana", "general")
            await group.join("bob", "bob", "general", others=["ana"])
            await group["ana"].send(action="say", text="grüß dich\n")
            await group.expect_frames({key: [message("general", "ana", "grüß dich\n")] for key in group.clients})
            await group["bob"].send(action="who")
            await group.expect_frames({"bob": [members("general", "ana", "bob")]})
            await group.leave("bob", "bob", others=["ana"])
        lift.signal(SIGINT)
        equal(await lift.ended(), 0, "the exit code")
        holds("recorded " in lift.stderr, f"no line about the recording in:\n{lift.stderr}")
    lines = read(session)
    equal(lines[0], {"recording": 1, "app": "chat", "stage": "local"}, "the first line")
    events = [line for line in lines[1:] if line["kind"] == "event"]
    routes = [line["route"] for line in events if line["route"] != "ping"]
    equal(routes, ["$connect", "$connect", "say", "who", "$disconnect", "$disconnect"], "the routes")
    for event in events:
        context = event["event"]["requestContext"]
        equal((context["connectionId"], context["routeKey"]), (event["connection"], event["route"]),
              "the connection and the route of a line and of its event")
    replied = sorted(line["invocation"] for line in lines[1:] if line["kind"] == "reply")
    equal(replied, [event["invocation"] for event in events], "the invocations with a reply")
    equal(session.stat().st_mode & 0o777, 0o600, "who may read the recording")


async def replays(checks, session, folder):
    async with checks.that("the same app replays as recorded"):
        code, out, err = await run_lift("replay", session, CHAT, seconds=600)
        holds(code == 0 and "all as recorded" in out, f"{code}: {out}{err}")
    async with checks.that("a reply and a post that differ from the recording are reported"):
        changed = folder / "changed.jsonl"
        lines = read(session)
        reply = next(line for line in lines if line.get("kind") == "reply")
        reply["reply"]["statusCode"] = 418
        lines = [line for line in lines if "members" not in json.dumps(line.get("message", ""))]
        changed.write_text("".join(json.dumps(line) + "\n" for line in lines))
        code, out, err = await run_lift("replay", changed, CHAT)
        equal(code, 1, f"the exit code, {err}")
        holds('-   "statusCode": 418' in out and '+   "statusCode": 200' in out, out)
        holds('+   "type": "members"' in out and ": 2 differ" in out, out)
    async with checks.that("a field that is ignored is not compared"):
        code, out, err = await run_lift("replay", changed, CHAT, "--ignore", "statusCode")
        holds(code == 1 and ": 1 differ" in out, f"{code}: {out}{err}")
    async with checks.that("an invalid recording, and an existing file as the target, are refused"):
        other = folder / "other.jsonl"
        other.write_text("{}\n")
        code, _, err = await run_lift("replay", other, CHAT)
        holds(code == 2 and "lift dev --record" in err, f"{code}: {err}")
        code, _, err = await run_lift("dev", CHAT, "--listen", "127.0.0.1:0", "--data-dir",
                                     folder / "data", "--record", session)
        holds(code == 1 and "exists already" in err, f"{code}: {err}")


def read(session):
    return [json.loads(line) for line in session.read_text().splitlines()]
