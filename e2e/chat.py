"""The chat's protocol, checked with Python's `websockets`: a room of three, a second room, special
characters in names, limits, and clients that send at the same time."""

import asyncio
from collections import Counter

from checks import equal, eventually, holds
from client import ClientGroup, joined, members, message, refused
from lift import CHAT, Lift


async def run(checks, app=CHAT):
    async with Lift(app=app) as lift:
        async with ClientGroup(lift) as group:
            await three_and_a_second_room(checks, group)
        async with checks.that("the table has nothing of clients that left"):
            await no_live_row_is_left(lift)
        await refusals(checks, lift)
        async with ClientGroup(lift) as group:
            await limits(checks, group)
        async with ClientGroup(lift) as group:
            await special_names(checks, group)
        async with ClientGroup(lift) as group:
            await all_at_once(checks, group)


async def three_and_a_second_room(checks, group):
    async with checks.that("a user who joins is announced to the others in the room, once"):
        await group.join("ana", "ana", "general")
        await group.join("bob", "bob", "general", others=["ana"])
        await group.join("cleo", "cleo", "general", others=["ana", "bob"])
    async with checks.that("a second room gets no messages of the first, even with a user of the same name"):
        await group.join("dan", "dan", "second")
        await group.join("ana in second", "ana", "second", others=["dan"])
    general, second = ["ana", "bob", "cleo"], ["dan", "ana in second"]

    async with checks.that("all members of the room, including the sender, receive a text"):
        for speaker in general:
            await group[speaker].send(action="say", text=f"from {speaker}")
            await group.expect_frames({who: [message("general", speaker, f"from {speaker}")] for who in general})
        await group["ana in second"].send(action="say", text="elsewhere")
        await group.expect_frames({who: [message("second", "ana", "elsewhere")] for who in second})
    async with checks.that("a text arrives as it was sent: empty, with quotes, markup, NUL, emoji"):
        for text in ["", " ", '"', "\\", "<b>&amp;</b>", "\0", "\u2028\u2029", "🦀👩‍👩‍👧 é e\u0301", "\r\n\t"]:
            await group["bob"].send(action="say", text=text)
            await group.expect_frames({who: [message("general", "bob", text)] for who in general})
    async with checks.that("other keys than action and text are ignored"):
        await group["bob"].send(action="say", text="x", user="eve", room="second", at=0)
        await group.expect_frames({who: [message("general", "bob", "x")] for who in general})

    async with checks.that("`who` sends the room's members, sorted, only to the sender"):
        await group["cleo"].send(action="who")
        await group.expect_frames({"cleo": [members("general", "ana", "bob", "cleo")]})
        await group["dan"].send(action="who")
        await group.expect_frames({"dan": [members("second", "ana", "dan")]})
    async with checks.that("a user with two connections is listed once and announced twice"):
        await group.join("ana again", "ana", "general", others=general)
        await group["ana again"].send(action="who")
        await group.expect_frames({"ana again": [members("general", "ana", "bob", "cleo")]})
        await group["ana"].send(action="say", text="both of me")
        said = message("general", "ana", "both of me")
        await group.expect_frames({who: [said] for who in [*general, "ana again"]})
        await group.leave("ana again", "ana", others=general)
        await group["bob"].send(action="who")
        await group.expect_frames({"bob": [members("general", "ana", "bob", "cleo")]})
    async with checks.that("`ping` sends a pong only to the sender"):
        await group["ana"].send(action="ping")
        await group.expect_frames({"ana": [{"type": "pong"}]})

    async with checks.that("a text that is missing or no string is an invalid_payload to the sender alone"):
        for payload in [{}, {"text": None}, {"text": 5}, {"text": ["hi"]}, {"text": {}}, {"text": True}]:
            await group["bob"].send(action="say", **payload)
            await expect_error(group, "bob", "invalid_payload", naming="text")
    async with checks.that("any other text is an unknown_action to the sender alone"):
        for raw in ["hello", "", " ", "{", "[1,", "null", "0", '"say"', "{}", '{"action":null}', "[]",
                    '{"action":"dance"}', '{"action":["say"]}', '{"action":"SAY","text":"x"}',
                    '{"action":"say "}', '{"action":""}', '{"action":"$connect"}',
                    '{"action":"$disconnect"}', '{"action":"$default"}', '{"text":"no action"}']:
            await group["ana"].socket.send(raw)
            await expect_error(group, "ana", "unknown_action")

    async with checks.that("a user who leaves is announced to the others, once; also if the connection is lost"):
        await group.leave("cleo", "cleo", others=["ana", "bob"])
        await group.leave("bob", "bob", others=["ana"], abort=True)
        await group["ana"].send(action="who")
        await group.expect_frames({"ana": [members("general", "ana")]})


async def expect_error(group, sender, code, naming=""):
    frame = await group[sender].receive()
    text = frame.pop("message", None)
    equal(frame, {"type": "error", "code": code}, f"the error frame of {sender}")
    holds(isinstance(text, str) and text, f"the message is {text!r}")
    holds(naming in text, f"{text!r} does not name {naming!r}")
    await group.expect_frames({})


async def no_live_row_is_left(lift):
    async def count():
        live, _ = await lift.rows()
        return len(live)
    for _ in range(300):
        if await count() == 0:
            return
        await asyncio.sleep(0.1)
    equal(await count(), 0, "the live rows")


async def refusals(checks, lift):
    crabs = "🦀" * 16
    for status, what, query in [
        (401, "no query", {}),
        (401, "no name", {"room": "general"}),
        (401, "an empty name", {"name": "", "room": "general"}),
        (400, "no room", {"name": "ana"}),
        (400, "an empty room", {"name": "ana", "room": ""}),
        (400, "a name of 65 bytes", {"name": "n" * 65, "room": "general"}),
        (400, "a room of 65 bytes", {"name": "ana", "room": "r" * 65}),
        (400, "a name of 65 bytes in 17 characters", {"name": crabs + "x", "room": "general"}),
        (400, "a room of 65 bytes in 17 characters", {"name": "ana", "room": crabs + "x"}),
    ]:
        async with checks.that(f"{what} is refused with {status}"):
            equal(await refused(lift.url(**query)), status, "the status")
    async with checks.that("names and rooms of 64 bytes are accepted; refused clients leave no rows"):
        async with ClientGroup(lift) as group:
            await group.join("long", crabs, "r" * 64)
            await group.join("longer", "n" * 64, "r" * 64, others=["long"])
            await group["long"].send(action="who")
            await group.expect_frames({"long": [members("r" * 64, "n" * 64, crabs)]})
        async with ClientGroup(lift) as group:
            await group.join("ana", "ana", "general")
            await group["ana"].send(action="who")
            await group.expect_frames({"ana": [members("general", "ana")]})


async def limits(checks, group):
    await group.join("ana", "ana", "limits")
    await group.join("bob", "bob", "limits", others=["ana"])
    for character in "x", "é", "🦀":
        async with checks.that(f"2,000 times {character} are accepted, 2,001 are refused"):
            text = character * 2000
            await group["ana"].send(action="say", text=text)
            await group.expect_frames({who: [message("limits", "ana", text)] for who in ("ana", "bob")})
            await group["ana"].send(action="say", text=text + character)
            await expect_error(group, "ana", "invalid_payload", naming="text")


async def special_names(checks, group):
    # Each room has a user `c`, and a user whose name would complete another room's key.
    rooms = ["a", "a#b", "a%23b", "a%2523b", "a/b", "a%2Fb", "A", "a ", "a#0", "#", "%", "/", "//",
             "..", "'", '"quoted"', "\\", '","room":"a', "🦀", "é", "e\u0301", "$connect", "a&name=x",
             "a+b", "a b", "<b>", "TENANT#a"]
    names = ["c", "b#c"]
    key = "{} in {}".format
    here = {room: [key(name, room) for name in names] for room in rooms}

    async with checks.that(f"{len(rooms)} rooms whose names could break keys stay separate when users join"):
        for name in names:
            for room in rooms:
                await group.connect(key(name, room), name, room)
        await group.expect_frames({key("c", room): [joined("b#c")] for room in rooms})
    async with checks.that("and when all send at the same time"):
        await asyncio.gather(*(group[key(name, room)].send(action="say", text=f"{name} {room}")
                               for room in rooms for name in names))
        await group.expect_frames({who: [message(room, name, f"{name} {room}") for name in names]
                         for room in rooms for who in here[room]})
    async with checks.that("and when they list members"):
        await asyncio.gather(*(client.send(action="who") for client in group.clients.values()))
        await group.expect_frames({who: [members(room, *names)] for room in rooms for who in here[room]})
    async with checks.that("and user names with special characters are listed and announced unchanged"):
        special = ["zoë", '"', "%", "#", "/", "🦀", "a#b", "a%23b", '<img src="x">', "\\u0041", "Zoë 'O'"]
        for name in special:
            await group.connect(name, name, "special")
        await group.expect_frames({name: list(map(joined, special[count + 1:])) for count, name in enumerate(special)})
        await group["zoë"].send(action="who")
        await group.expect_frames({"zoë": [members("special", *special)]})
    async with checks.that("and when users leave"):
        for room in rooms[:6]:
            await group.leave(key("b#c", room), "b#c", others=[key("c", room)])


async def all_at_once(checks, group):
    people, each = ["ana", "bob", "cleo"], 50
    for count, name in enumerate(people):
        await group.join(name, name, "busy", others=people[:count])

    async with checks.that(f"three clients send {each} messages each: each arrives at all members, once"):
        said = {(name, f"{name} {number}") for name in people for number in range(each)}

        async def speak(name):
            for number in range(each):
                await group[name].send(action="say", text=f"{name} {number}")

        async def listen(name):
            frames = [await group[name].receive() for _ in said]
            received = Counter((frame["user"], frame["text"]) for frame in frames)
            equal([text for text, times in received.items() if times > 1], [], f"the messages that {name} received twice")
            equal(set(received), said, f"the messages that {name} received")

        await asyncio.gather(*map(speak, people), *map(listen, people))
        await group.expect_frames({})
    async with checks.that("and more than one process of the function handled them"):
        await eventually(lambda: len(group.lift.functions()) > 1, "a second process")
