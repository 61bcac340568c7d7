"""The processes of the function are killed one after the other between messages: the room continues,
no later message is lost, and the rows stay. boto3 reads them."""

import asyncio
import time
from signal import SIGKILL

from checks import equal, eventually, holds
from client import ClientGroup, members, message
from lift import Lift

ROOM = ["ana", "bob", "cleo"]
QUIET_SECONDS = 0.3


async def run(checks):
    async with Lift(options=["--concurrency", "3"]) as lift, ClientGroup(lift) as group:
        for count, name in enumerate(ROOM):
            await group.join(name, name, "general", others=ROOM[:count])
        async with checks.that("messages at the same time start a second process of the function"):
            await busy(group)
        async with checks.that("each process killed between messages: every later message arrives"):
            processes = lift.functions()
            holds(len(processes) >= 2, f"{len(processes)} processes")
            for process in processes:
                await kill(lift, [process])
                await every_member_sends(group, f"without {process.pid}")
        async with checks.that("all of them killed at once: the same"):
            await busy(group)
            await kill(lift, lift.functions())
            await every_member_sends(group, "with new ones")
        async with checks.that("the list of members is right, and so are a new member's arrival and departure"):
            await group["bob"].send(action="who")
            await group.expect_frames({"bob": [members("general", *ROOM)]})
            await group.join("dan", "dan", "general", others=ROOM)
            await group.leave("dan", "dan", others=ROOM)
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


async def busy(group):
    """Sends messages until the waiting events start a second process."""
    deadline = asyncio.get_running_loop().time() + 30
    while len(group.lift.functions()) < 2 and asyncio.get_running_loop().time() < deadline:
        await asyncio.gather(*(client.send(action="say", text=f"{name} {number}")
                               for name, client in group.clients.items() for number in range(10)))
        await group.expect_frames({who: [message("general", name, f"{name} {number}") for name in ROOM
                               for number in range(10)] for who in ROOM})
    await eventually(lambda: len(group.lift.functions()) >= 2, "a second process", 1)


async def kill(lift, processes):
    """Kills processes between messages. An event that a killed process has is lost, which is correct.
    A pong arrives before its invocation has ended, so this waits until all processes are idle."""
    await eventually(lambda: is_idle(lift.functions()), "idle processes")
    for process in processes:
        process.send_signal(SIGKILL)
    await eventually(lambda: not any(process.is_running() for process in processes),
                     "the end of the processes", 5)


def is_idle(processes):
    """Returns whether no process got CPU time for a while."""
    switches = [process.num_ctx_switches() for process in processes]
    time.sleep(QUIET_SECONDS)
    return switches == [process.num_ctx_switches() for process in processes]


async def every_member_sends(group, text):
    for speaker in ROOM:
        await group[speaker].send(action="say", text=text)
        await group.expect_frames({who: [message("general", speaker, text)] for who in ROOM})
