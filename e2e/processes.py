"""The processes of the function are killed one after the other between messages: the room continues,
no later message is lost, and the rows stay. boto3 reads them."""

import asyncio
import time
from signal import SIGKILL

from checks import equal, eventually, holds
from client import World, members, message
from lift import Lift

ROOM = ["ana", "bob", "cleo"]
QUIET_SECONDS = 0.3


async def run(checks):
    async with Lift(options=["--concurrency", "3"]) as lift, World(lift) as world:
        for count, name in enumerate(ROOM):
            await world.join(name, name, "general", others=ROOM[:count])
        async with checks.that("messages at the same time start a second process of the function"):
            await busy(world)
        async with checks.that("each process killed between messages: every later message arrives"):
            processes = lift.functions()
            holds(len(processes) >= 2, f"{len(processes)} processes")
            for process in processes:
                await kill(lift, [process])
                await everybody_speaks(world, f"without {process.pid}")
        async with checks.that("all of them killed at once: the same"):
            await busy(world)
            await kill(lift, lift.functions())
            await everybody_speaks(world, "with new ones")
        async with checks.that("the list of members is right, and so are a new member's arrival and departure"):
            await world["bob"].send(action="who")
            await world.see({"bob": [members("general", *ROOM)]})
            await world.join("dan", "dan", "general", others=ROOM)
            await world.leave("dan", "dan", others=ROOM)
        async with checks.that("boto3 reads one row for each, with the documented attributes"):
            live, tombstones = await lift.rows()
            equal(sorted(row["u"] for row in live), ROOM, "the users")
            equal(len(tombstones), 1, "the tombstones")
            for row in live:
                equal(set(row), {"pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "ttl", "ca", "e",
                                 "env", "u", "t"}, "the attributes")
                equal((row["sk"], row["t"], row["e"]), ("CONNECTION", "general", lift.management),
                      "the sort key, the tenant, the endpoint")
                equal(row["gsi1pk"], f"USER#general#{row['u']}", "the user's key")
                holds(row["gsi2pk"].startswith("TENANT#general#"), row["gsi2pk"])
                holds(7200 < int(row["ttl"]) - time.time() <= 7500, f"the ttl {row['ttl']}")


async def busy(world):
    """Makes enough events wait that there are at least two processes."""
    deadline = asyncio.get_running_loop().time() + 30
    while len(world.lift.functions()) < 2 and asyncio.get_running_loop().time() < deadline:
        await asyncio.gather(*(client.send(action="say", text=f"{name} {number}")
                               for name, client in world.clients.items() for number in range(10)))
        await world.see({who: [message("general", name, f"{name} {number}") for name in ROOM
                               for number in range(10)] for who in ROOM})
    await eventually(lambda: len(world.lift.functions()) >= 2, "a second process", 1)


async def kill(lift, processes):
    """Kills processes between messages: an event that one of them still has would rightly be lost.
    The answer to a ping arrives before its event has ended, so wait until nothing runs any more."""
    await eventually(lambda: is_idle(lift.functions()), "the processes' rest")
    for process in processes:
        process.send_signal(SIGKILL)
    await eventually(lambda: not any(process.is_running() for process in processes),
                     "lift counts the dead", 5)


def is_idle(processes):
    """Whether none of them was given a processor for a while."""
    switches = [process.num_ctx_switches() for process in processes]
    time.sleep(QUIET_SECONDS)
    return switches == [process.num_ctx_switches() for process in processes]


async def everybody_speaks(world, text):
    for speaker in ROOM:
        await world[speaker].send(action="say", text=text)
        await world.see({who: [message("general", speaker, text)] for who in ROOM})
