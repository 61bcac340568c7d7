"""The chat without Lift, `compare/chat-without-lift`, passes the checks of the chat and its scenario. Only
then can it be compared with the chat on Lift."""

import json

import chat
from checks import equal
from client import Client, ClientGroup, refused
from lift import CHAT, ROOT, Lift

APP = ROOT / "compare/chat-without-lift"


async def run(checks):
    await chat.run(checks, app=APP)
    steps = json.loads((CHAT / "tests/scenario.json").read_text())
    async with Lift(app=APP) as lift, ClientGroup(lift) as group:
        async with checks.that(f"the {len(steps)} steps of the scenario give the expected frames"):
            for step in steps:
                await run_step(group, step)
                await group.expect_frames({who: list(map(without_time, frames))
                                 for who, frames in step.get("then", {}).items()})


async def run_step(group, step):
    url = group.lift.websocket
    match step:
        case {"connect": name, "query": query}:
            group.clients[name] = await Client.open(f"{url}?{query}", name)
        case {"refuse": query, "status": status}:
            equal(await refused(f"{url}?{query}"), status, f"the status of {query!r}")
        case {"send": name, "raw": text}:
            await group[name].socket.send(text)
        case {"send": name, "text": message}:
            await group[name].send(**message)
        case {"close": name}:
            await group.clients.pop(name).close()
        case _:
            raise ValueError(f"not a step: {step}")


def without_time(frame):
    return {name: value for name, value in frame.items() if name != "at"}
