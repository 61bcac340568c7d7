"""The chat without Lift, `compare/bare-chat`, passes the checks of the chat and its scenario. Otherwise the two
could not be compared."""

import json

import chat
from checks import equal
from client import Client, World, refused
from lift import CHAT, ROOT, Lift

BARE = ROOT / "compare/bare-chat"


async def run(checks):
    await chat.run(checks, app=BARE)
    steps = json.loads((CHAT / "tests/scenario.json").read_text())
    async with Lift(app=BARE) as lift, World(lift) as world:
        async with checks.that(f"the {len(steps)} steps of the scenario give the expected frames"):
            for step in steps:
                await play(world, step)
                await world.see({who: list(map(undated, frames))
                                 for who, frames in step.get("then", {}).items()})


async def play(world, step):
    url = world.lift.websocket
    match step:
        case {"connect": name, "query": query}:
            world.clients[name] = await Client.open(f"{url}?{query}", name)
        case {"refuse": query, "status": status}:
            equal(await refused(f"{url}?{query}"), status, f"the status of {query!r}")
        case {"send": name, "raw": text}:
            await world[name].socket.send(text)
        case {"send": name, "text": message}:
            await world[name].send(**message)
        case {"close": name}:
            await world.clients.pop(name).close()
        case _:
            raise ValueError(f"not a step: {step}")


def undated(frame):
    return {name: value for name, value in frame.items() if name != "at"}
