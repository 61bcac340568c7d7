"""`lift dev --record` and `lift replay`: a replay gives the recorded results, and differences are reported."""

import json
import shutil
import tempfile
from pathlib import Path
from signal import SIGINT

from checks import equal, holds
from client import World, members, message
from lift import CHAT, Lift, outcome


async def run(checks):
    folder = Path(tempfile.mkdtemp(prefix="lift-e2e-"))
    try:
        session = folder / "session.jsonl"
        async with checks.that("a session is recorded, and Ctrl-C ends the recording in order"):
            await record(session, folder / "data")
        await replays(checks, session, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def record(session, data_dir):
    async with Lift(data_dir=data_dir, options=["--record", session]) as lift:
        async with World(lift) as world:
            await world.join("ana", "ana", "general")
            await world.join("bob", "bob", "general", others=["ana"])
            await world["ana"].send(action="say", text="grüß dich\n")
            await world.see({key: [message("general", "ana", "grüß dich\n")] for key in world.clients})
            await world["bob"].send(action="who")
            await world.see({"bob": [members("general", "ana", "bob")]})
            await world.leave("bob", "bob", others=["ana"])
        lift.signal(SIGINT)
        equal(await lift.ended(), 0, "the exit code")
        holds("recorded " in lift.stderr, f"no word of the recording in:\n{lift.stderr}")
    lines = read(session)
    equal(lines[0], {"recording": 1, "app": "chat", "stage": "local"}, "the first line")
    events = [line for line in lines[1:] if line["kind"] == "event"]
    routes = [line["route"] for line in events if line["route"] != "ping"]
    equal(routes, ["$connect", "$connect", "say", "who", "$disconnect", "$disconnect"], "the routes")
    for event in events:
        context = event["event"]["requestContext"]
        equal((context["connectionId"], context["routeKey"]), (event["connection"], event["route"]),
              "what a line says of its event")
    answers = sorted(line["invocation"] for line in lines[1:] if line["kind"] == "reply")
    equal(answers, [event["invocation"] for event in events], "the invocations that were answered")
    equal(session.stat().st_mode & 0o777, 0o600, "who may read the recording")


async def replays(checks, session, folder):
    async with checks.that("the same app replays as recorded"):
        code, out, err = await outcome("replay", session, CHAT, seconds=600)
        holds(code == 0 and "all as recorded" in out, f"{code}: {out}{err}")
    async with checks.that("a reply and a post that differ from the recording are reported"):
        changed = folder / "changed.jsonl"
        lines = read(session)
        reply = next(line for line in lines if line.get("kind") == "reply")
        reply["reply"]["statusCode"] = 418
        lines = [line for line in lines if "members" not in json.dumps(line.get("message", ""))]
        changed.write_text("".join(json.dumps(line) + "\n" for line in lines))
        code, out, err = await outcome("replay", changed, CHAT)
        equal(code, 1, f"the exit code, {err}")
        holds('-   "statusCode": 418' in out and '+   "statusCode": 200' in out, out)
        holds('+   "type": "members"' in out and ": 2 differ" in out, out)
    async with checks.that("a field that is ignored is not compared"):
        code, out, err = await outcome("replay", changed, CHAT, "--ignore", "statusCode")
        holds(code == 1 and ": 1 differ" in out, f"{code}: {out}{err}")
    async with checks.that("an invalid recording, and an existing file as the target, are refused"):
        other = folder / "other.jsonl"
        other.write_text("{}\n")
        code, _, err = await outcome("replay", other, CHAT)
        holds(code == 2 and "lift dev --record" in err, f"{code}: {err}")
        code, _, err = await outcome("dev", CHAT, "--listen", "127.0.0.1:0", "--data-dir",
                                     folder / "data", "--record", session)
        holds(code == 1 and "exists already" in err, f"{code}: {err}")


def read(session):
    return [json.loads(line) for line in session.read_text().splitlines()]
