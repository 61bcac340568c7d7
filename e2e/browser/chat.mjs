// Checks the page of the example chat in a headless Chromium against a running server.
//
//   node chat.mjs http://127.0.0.1:3001/ [--screenshots DIR]
//
// The browser is /usr/bin/chromium, or the program in the variable CHROMIUM.

import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { isDeepStrictEqual as same, parseArgs } from "node:util";
import { check, finish } from "../checks.mjs";
import { TIMEOUT, becomes, equal, launch } from "./page.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshots: { type: "string" } },
});
if (positionals.length !== 1) {
  console.error("usage: node chat.mjs URL [--screenshots DIR]");
  process.exit(2);
}
const base = new URL(positionals[0]);
if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });

// Each run uses its own room, so that runs do not affect each other.
const run = Math.random().toString(36).slice(2, 8);
const room = `check-${run}`;
const otherRoom = `other "room" 🛗 & ?#%2F+ ${run}`;
const specialName = `Zoë "O'Brien" 🦀 <b>`;

const browser = await launch();
const visitors = [];

// One user with one page, in a separate browser context unless one is given.
class Visitor {
  static async open(query, { context, prepare, ...settings } = {}) {
    const visitor = new Visitor();
    visitors.push(visitor);
    visitor.label = query.name ?? "";
    visitor.errors = [];
    visitor.requests = [];
    visitor.received = [];
    visitor.sent = [];
    visitor.context = context ?? (await browser.newContext({ viewport: { width: 1000, height: 700 }, ...settings }));
    const page = (visitor.page = await visitor.context.newPage());
    page.setDefaultTimeout(TIMEOUT);
    page.on("pageerror", (error) => visitor.errors.push(String(error)));
    page.on("console", (line) => line.type() === "error" && visitor.errors.push(line.text()));
    page.on("request", (request) => visitor.requests.push(request.url()));
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => visitor.received.push(JSON.parse(payload)));
      socket.on("framesent", ({ payload }) => visitor.sent.push(JSON.parse(payload)));
    });
    await prepare?.(page);
    const url = new URL(base);
    url.search = new URLSearchParams(query).toString();
    await page.goto(url.href);
    return visitor;
  }

  static async join(name, room, settings) {
    const visitor = await Visitor.open({ name, room, join: "" }, settings);
    await visitor.is("online");
    return visitor;
  }

  state() {
    return this.page.evaluate(() => document.querySelector("#state").dataset.state);
  }

  is(state) {
    return becomes(() => this.state(), state, `the state of ${this.label}'s page`);
  }

  // Records each state that the page shows from now on.
  watchStates() {
    return this.page.evaluate(() => {
      const element = document.querySelector("#state");
      window.statesSeen = [];
      new MutationObserver(() => {
        const { state } = element.dataset;
        if (window.statesSeen.at(-1) !== state) window.statesSeen.push(state);
      }).observe(element, { attributes: true });
    });
  }

  statesSeen() {
    return this.page.evaluate(() => window.statesSeen);
  }

  members() {
    return this.page.locator("#members bdi").allTextContents();
  }

  membersAre(...users) {
    return becomes(() => this.members(), users, `the members on ${this.label}'s page`);
  }

  // The messages as [user, text, own].
  messages() {
    return this.page.locator(".message").evaluateAll((lines) =>
      lines.map((line) => [line.dataset.user, line.querySelector(".text").textContent, line.matches(".own")]));
  }

  async count(text) {
    return (await this.messages()).filter((message) => message[1] === text).length;
  }

  async sees(user, text) {
    const own = user === this.label;
    const lines = async () => (await this.messages()).filter((message) => message[1] === text);
    await becomes(lines, [[user, text, own]], `"${text}" on ${this.label}'s page`);
  }

  notices() {
    return this.page.locator(".notice").allTextContents();
  }

  async seesNotice(text) {
    await becomes(async () => (await this.notices()).includes(text), true, `a notice "${text}" on ${this.label}'s page`);
  }

  async say(text) {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  async screenshot(name) {
    if (options.screenshots) await this.page.screenshot({ path: `${options.screenshots}/${name}.png` });
  }

  async closeContext() {
    await this.context.close();
  }
}

// Returns a port without a listener.
function closedPort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

let ana, bob, special, phone;
const said = [];

async function exchange(from, to, text) {
  await from.say(text);
  said.push([from.label, text]);
  await to.sees(from.label, text);
  await from.sees(from.label, text);
}

// ---- The form ----

await check("the form is filled in from the query and does not join by itself", async () => {
  const guest = await Visitor.open({ name: specialName, room: otherRoom });
  equal(await guest.page.getByLabel("Your name").inputValue(), specialName, "the name");
  equal(await guest.page.getByLabel("Room").inputValue(), otherRoom, "the room");
  equal(await guest.page.locator("#chat").isVisible(), false, "the chat being visible");
  await guest.screenshot("form");
  await guest.closeContext();
});

await check("the form takes names of 64 bytes, and says that 65 are too many", async () => {
  const guest = await Visitor.open({});
  const name = guest.page.getByLabel("Your name");
  equal(await guest.page.getByLabel("Room").inputValue(), "general", "the room");
  await name.fill("é".repeat(32));
  equal(await name.getAttribute("aria-invalid"), "false", "32 letters of two bytes being invalid");
  await name.fill("é".repeat(32) + "e");
  equal(await name.getAttribute("aria-invalid"), "true", "65 bytes being invalid");
  await guest.page.getByRole("button", { name: "Join" }).click();
  await guest.page.getByText("This takes 65 bytes").waitFor();
  equal(await guest.page.evaluate(() => window.chat.socket), null, "the socket");
  await guest.closeContext();
});

await check("after a refused connection the form is shown with the error", async () => {
  const port = await closedPort();
  const guest = await Visitor.open({ name: "guest", room, join: "" }, {
    colorScheme: "dark",
    prepare: (page) => page.route("**/lift.json", (route) => route.fulfill({ json: { websocket: `ws://127.0.0.1:${port}/local` } })),
  });
  await guest.page.getByRole("alert").getByText("The server refused the connection or cannot be reached.").waitFor();
  equal(await guest.page.getByLabel("Your name").isVisible(), true, "the form being visible");
  // The browser itself reports the failed connection.
  guest.errors = guest.errors.filter((error) => !error.includes("ERR_CONNECTION_REFUSED"));
  await guest.screenshot("form-refused-dark");
  await guest.closeContext();
});

// ---- Two users in a room, and one in another ----

await check("ana joins through the form", async () => {
  ana = await Visitor.open({ room });
  ana.label = "ana";
  await ana.page.getByLabel("Your name").fill("ana");
  await ana.page.getByRole("button", { name: "Join" }).click();
  await ana.is("online");
  await ana.membersAre("ana");
});

await check("bob joins, and both pages list both users", async () => {
  special = await Visitor.join(specialName, otherRoom);
  bob = await Visitor.join("bob", room, { colorScheme: "dark" });
  await bob.membersAre("ana", "bob");
  await ana.membersAre("ana", "bob");
  await ana.seesNotice("bob joined.");
  equal(await ana.page.locator("#head-count").textContent(), "2", "the count of members");
  equal(await ana.page.locator("#room").textContent(), room, "the room shown");
});

await check("bob receives ana's message once", () => exchange(ana, bob, "Hello Bob, is the lift running?"));

await check("ana receives bob's message once", () => exchange(bob, ana, "It is. Going up! 🛗"));

await check("several messages in a row keep their order", async () => {
  await exchange(ana, bob, "Which floor shall we meet on?");
  await exchange(ana, bob, "I am on the ground floor, next to the plants.");
  await exchange(bob, ana, "The fourth has the good coffee.\nI'll bring the crab cakes 🦀");
  await ana.screenshot("desktop");
  await bob.screenshot("desktop-dark");
});

await check("HTML is shown as text", async () => {
  const text = `<img src=x onerror="window.broken = 1"> & <b>bold</b>`;
  await exchange(ana, bob, text);
  for (const visitor of [ana, bob]) {
    equal(await visitor.page.evaluate(() => window.broken), undefined, "what the markup did");
    equal(await visitor.page.locator("#log img, #log b").count(), 0, "the elements made from the markup");
  }
});

await check("lines, quotes, backslashes and right-to-left text arrive unchanged", async () => {
  await exchange(bob, ana, `first "line"\n\tand a second: \\n \u2028 'done'\nשלום עולם`);
});

await check("a message of 2,000 characters arrives, and one more cannot be sent", async () => {
  const text = "🦀".repeat(1_000) + "x".repeat(1_000);
  const { page } = ana;
  await page.getByLabel("Message", { exact: true }).fill(text + "x");
  await page.getByText("2,001 of 2,000 characters: 1 too many").waitFor();
  equal(await page.getByRole("button", { name: "Send" }).isDisabled(), true, "Send being disabled");
  await exchange(ana, bob, text);
});

await check("an X", async () => {
  await special.membersAre(specialName);
  equal(await special.page.locator("#room").textContent(), otherRoom, "the room shown");
  await special.say("Is anybody here?");
  await special.sees(specialName, "Is anybody here?");
});

await check("ana opens and closes a second tab, and stays a member", async () => {
  const tab = await Visitor.join("ana", room, { context: ana.context });
  await tab.membersAre("ana", "bob");
  await exchange(bob, ana, "Two of you?");
  await tab.sees("bob", "Two of you?");
  const leftCount = () => bob.received.filter(({ type }) => type === "left").length;
  const before = leftCount();
  await tab.page.close();
  await becomes(async () => leftCount() > before, true, "the notice to bob that a connection left");
  await bob.membersAre("ana", "bob");
  await exchange(ana, bob, "Only one now.");
  await bob.membersAre("ana", "bob");
  equal((await bob.notices()).includes("ana left."), false, "a notice that ana left");
});

await check("the page fits a phone of 360x640", async () => {
  phone = await Visitor.join("cleo-" + "with-a-long-name".repeat(3), room, {
    viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2,
  });
  await ana.membersAre("ana", "bob", phone.label);
  await exchange(phone, ana, "From my phone: " + "unbroken".repeat(20));
  await exchange(ana, phone, "Hello Cleo!");
  const fits = async (what) => {
    const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    equal(width, 360, `the width of ${what}`);
    const beyond = await phone.page.locator("#chat *").evaluateAll((elements) =>
      elements.filter((element) => element.getBoundingClientRect().right > 360).map((element) => element.outerHTML.slice(0, 80)));
    equal(beyond, [], `the elements beyond the edge in ${what}`);
    for (const id of ["#text", "#send", "#leave"]) {
      const box = await phone.page.locator(id).boundingBox();
      const inside = box && box.x >= 0 && box.y >= 0 && box.x + box.width <= 360 && box.y + box.height <= 640;
      equal(inside, true, `${id} being on the screen in ${what}`);
    }
  };
  await fits("the chat");
  await phone.screenshot("phone");
  await phone.page.getByRole("button", { name: "3 here" }).click();
  await phone.page.locator("#members").getByText("bob").waitFor();
  await fits("the list of members");
  await phone.screenshot("phone-members");
  await phone.page.getByRole("button", { name: "3 here" }).click();
});

await check("Leave closes the connection and shows the form", async () => {
  const closed = phone.page.evaluate(() => new Promise((resolve) => {
    window.chat.socket.addEventListener("close", ({ code }) => resolve(code));
  }));
  await phone.page.getByRole("button", { name: "Leave" }).click();
  equal(await closed, 1000, "the close code");
  equal(await phone.page.getByLabel("Your name").isVisible(), true, "the form being visible");
  await phone.screenshot("phone-form");
  await ana.seesNotice(`${phone.label} left.`);
  await ana.membersAre("ana", "bob");
  await phone.closeContext();
});

// ---- Lost connections ----

await check("after a lost connection the page reconnects, and the list of members is correct", async () => {
  await ana.watchStates();
  await ana.page.evaluate(() => window.chat.socket.close());
  await becomes(() => ana.statesSeen(), ["reconnecting", "connecting", "online"], "the states of ana's page");
  await ana.seesNotice("The connection was lost.");
  await ana.seesNotice("Back online. What was said in the meantime is not shown.");
  await ana.membersAre("ana", "bob");
  await bob.membersAre("ana", "bob");
  await exchange(bob, ana, "Welcome back.");
  await exchange(ana, bob, "Thank you.");
  await ana.membersAre("ana", "bob");
  await bob.membersAre("ana", "bob");
});

await check("without a network the typed text stays, and can be sent when the network is back", async () => {
  const { page, context } = ana;
  await context.setOffline(true);
  await page.evaluate(() => window.chat.socket.close());
  // At least one attempt has to fail.
  await becomes(async () => ana.errors.some((error) => error.includes("ERR_INTERNET_DISCONNECTED")), true, "a failed attempt");
  await page.locator("#banner").getByText("This device seems to have no network.").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("Typed in a tunnel.");
  await page.keyboard.press("Enter");
  equal(await page.getByRole("button", { name: "Send" }).isDisabled(), true, "Send being disabled");
  equal(await page.getByLabel("Message", { exact: true }).inputValue(), "Typed in a tunnel.", "the typed text");
  await ana.screenshot("reconnecting");
  await context.setOffline(false);
  await ana.is("online");
  equal(await page.getByLabel("Message", { exact: true }).inputValue(), "Typed in a tunnel.", "the typed text");
  await ana.membersAre("ana", "bob");
  await bob.membersAre("ana", "bob");
  await page.getByRole("button", { name: "Send" }).click();
  said.push(["ana", "Typed in a tunnel."]);
  await bob.sees("ana", "Typed in a tunnel.");
  await ana.sees("ana", "Typed in a tunnel.");
  // The browser itself reports the attempts that failed.
  ana.errors = ana.errors.filter((error) => !error.includes("ERR_INTERNET_DISCONNECTED"));
});

await check("an idle page pings the server and gets a pong", async () => {
  const idle = await Visitor.join("idle", `idle-${run}`, { prepare: (page) => page.clock.install() });
  await idle.membersAre("idle");
  await idle.page.clock.fastForward("04:50");
  equal(idle.sent.some(({ action }) => action === "ping"), false, "a ping before five minutes");
  await idle.page.clock.fastForward("00:11");
  const pongs = async () => idle.received.filter(({ type }) => type === "pong").length;
  await becomes(pongs, 1, "the pongs");
  await idle.page.clock.fastForward("00:15");
  equal(await idle.state(), "online", "the state after the pong");
  await idle.closeContext();
});

// The following checks use a fake server inside the browser.
async function withFakeServer(name, replyTo) {
  const sockets = [];
  const visitor = await Visitor.join(name, "scripted", {
    prepare: async (page) => {
      await page.clock.install();
      await page.routeWebSocket(/[?]name=/, (socket) => {
        sockets.push(socket);
        socket.onMessage((data) => {
          const frame = JSON.parse(data);
          const reply = replyTo(frame, sockets.length);
          if (reply) socket.send(JSON.stringify(reply));
        });
      });
    },
  });
  return { visitor, sockets };
}

await check("a connection without a pong is closed, and the unconfirmed text is in the box again", async () => {
  const { visitor, sockets } = await withFakeServer("dora", ({ action }) =>
    action === "who" ? { type: "members", room: "scripted", users: ["dora"] } : undefined);
  await visitor.membersAre("dora");
  await visitor.say("Does this arrive?");
  await visitor.watchStates();
  await visitor.page.clock.fastForward("05:01");
  equal(await visitor.state(), "online", "the state while the ping is in flight");
  await visitor.page.clock.fastForward("00:11");
  await becomes(async () => (await visitor.statesSeen())[0], "reconnecting", "the state of dora's page");
  equal(await visitor.page.getByLabel("Message", { exact: true }).inputValue(), "Does this arrive?", "the text in the box");
  await visitor.page.clock.fastForward("00:02");
  await becomes(async () => sockets.length, 2, "the connections");
  await visitor.is("online");
  await visitor.membersAre("dora");
  await visitor.closeContext();
});

await check("errors of the server and of API Gateway are shown as notices", async () => {
  const gatewayError = { message: "Internal server error", connectionId: "abc=", requestId: "def=" };
  const { visitor, sockets } = await withFakeServer("emil", ({ action, text }) => {
    if (action === "who") return { type: "members", room: "scripted", users: ["emil"] };
    return text === "one" ? { type: "error", code: "too_fast", message: "Slow <i>down</i>" } : gatewayError;
  });
  await visitor.membersAre("emil");
  await visitor.say("one");
  await visitor.seesNotice("Slow <i>down</i> (too_fast)");
  equal(await visitor.page.getByLabel("Message", { exact: true }).inputValue(), "one", "the text in the box");
  await visitor.say("two");
  await visitor.seesNotice("The gateway says: Internal server error");
  // Frames of a newer server, and invalid frames, have no effect.
  sockets[0].send(JSON.stringify({ type: "later", users: 1 }));
  sockets[0].send("null");
  sockets[0].send("[]");
  sockets[0].send("{");
  await visitor.seesNotice("The server sent a frame that is not JSON.");
  equal(await visitor.messages(), [], "the messages");
  await visitor.screenshot("errors");
  await visitor.closeContext();
});

await check("the delays between failed attempts grow, with jitter, up to 30 s, and end when the user returns to the page", async () => {
  const { visitor } = await withFakeServer("finn", ({ action }) =>
    action === "who" ? { type: "members", room: "scripted", users: ["finn"] } : undefined);
  await visitor.membersAre("finn");
  const waits = await visitor.page.evaluate(async () => {
    // From now on each new socket fails at once, and Math.random returns its maximum.
    const Real = window.WebSocket;
    const { random } = Math;
    const waits = [];
    const realTimeout = window.setTimeout;
    let last;
    window.setTimeout = (f, ms, ...more) => {
      last = ms;
      return realTimeout(f, ms, ...more);
    };
    window.WebSocket = class {
      constructor() {
        Promise.resolve().then(() => this.onclose());
      }
      close() {}
    };
    Math.random = () => 0.999999;
    window.chat.socket.onclose({});
    for (let i = 0; i < 8; i++) {
      waits.push(Math.round(last));
      document.querySelector("#retry").click();
      await null;
      await null;
    }
    Math.random = random;
    window.setTimeout = realTimeout;
    window.WebSocket = Real;
    return waits;
  });
  equal(waits, [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000], "the waits");
  equal(await visitor.state(), "reconnecting", "the state of finn's page");
  await visitor.page.locator("#state").getByText("Reconnecting in 30 s").waitFor();
  await visitor.screenshot("reconnecting-long");
  await visitor.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visitor.is("online");
  await visitor.closeContext();
});

// ---- The end ----

await check("bob's page closes, and ana's page shows that he left", async () => {
  // Before he leaves, he has received each message once and in order. Messages from before he
  // joined or while a connection was down is not part of this run.
  const lines = (await bob.messages()).map(([user, text]) => [user, text]);
  equal(lines, said, "the messages on bob's page");
  await bob.closeContext();
  await ana.seesNotice("bob left.");
  await ana.membersAre("ana");
  equal(await ana.page.locator("#head-count").textContent(), "1", "the count of members");
  equal((await ana.messages()).map(([user, text]) => [user, text]), said, "the messages on ana's page");
});

await check("the other room received none of these messages", async () => {
  await special.say("Still alone.");
  await special.sees(specialName, "Still alone.");
  equal(await special.messages(), [[specialName, "Is anybody here?", true], [specialName, "Still alone.", true]], "the messages");
  await special.membersAre(specialName);
  equal(await special.notices(), [`You are in ${otherRoom} as ${specialName}.`], "the notices");
  const otherFrames = special.received.filter((frame) => !(
    (frame.room === otherRoom && (frame.user === specialName || same(frame.users, [specialName]))) ||
    (frame.type === "joined" && frame.user === specialName)
  ));
  equal(otherFrames, [], "frames about other rooms");
  await special.screenshot("other-room");
});

await check("no page logged an error or sent a request to another origin", async () => {
  equal(visitors.flatMap(({ label, errors }) => errors.map((error) => `${label}: ${error}`)), [], "the errors");
  const otherOrigins = visitors.flatMap(({ requests }) => requests)
    .filter((url) => !url.startsWith("data:") && new URL(url).origin !== base.origin);
  equal(otherOrigins, [], "the requests to other origins");
});

await browser.close();
finish();
