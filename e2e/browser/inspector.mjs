// Checks the inspector's page in a headless Chromium, with two pages of the chat open.
//
//   node inspector.mjs http://127.0.0.1:3001/_lift http://127.0.0.1:3001/ --screenshots DIR
//
// The browser is /usr/bin/chromium, or the program in the variable CHROMIUM.

import { check, finish } from "../checks.mjs";
import { Inspecting, PHONE, options, parts, receives, say } from "./inspecting.mjs";
import { becomes, equal } from "./page.mjs";

const inspecting = await Inspecting.start(options("inspector.mjs"));
const { host } = new URL(inspecting.url);

// ---- Two users chat ----

const ana = await inspecting.join("ana");
const bob = await inspecting.join("bob");
await say(ana, "Good morning");
await receives(bob, "Good morning");

// ---- The inspector ----

const page = await inspecting.inspect({ colorScheme: "light" });
const { rows, row, connection, kinds, notice, copied } = parts(page);

await check("connections are listed with their users and tenants", async () => {
  await connection("ana").waitFor();
  await connection("bob").waitFor();
  equal(await page.locator("#connections .tenant").allTextContents(), ["tea", "tea"], "the tenants");
  equal(await page.locator("#open-count").textContent(), "2", "the count");
});

await check("frames, events, replies and posts are in the timeline, and new entries appear", async () => {
  await row("in", "Good morning").waitFor();
  await row("event", "Good morning").waitFor();
  await row("post", "Good morning").first().waitFor();
  await row("reply", "$connect").first().waitFor();
  await say(bob, "And to you");
  await row("in", "And to you").waitFor();
  await page.locator("#timeline").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 40)
    .then((atEnd) => equal(atEnd, true, "the list scrolls to new entries"));
});

await check("chips, a route, errors and a search filter the timeline", async () => {
  for (const name of ["Events", "Replies", "Sent", "Posts", "Connections", "Logs"]) {
    await page.getByRole("button", { name, exact: true }).click();
  }
  await becomes(kinds, ["in"], "the kinds");
  for (const name of ["Events", "Replies", "Sent", "Posts", "Connections", "Logs"]) {
    await page.getByRole("button", { name, exact: true }).click();
  }
  await page.getByLabel("Route", { exact: true }).selectOption("say");
  await becomes(kinds, ["event", "reply"], "the kinds of a route");
  await page.getByLabel("Route", { exact: true }).selectOption("");
  await page.keyboard.press("/");
  await page.keyboard.type("and to you");
  await becomes(kinds, ["event", "in", "post"], "the kinds of a search");
  await page.getByLabel("Search payloads").fill("");
  await page.getByRole("button", { name: "Errors only" }).click();
  await page.getByText("Nothing passes the filters.").waitFor();
  await page.getByRole("button", { name: "Errors only" }).click();
});

await check("the keyboard moves through the entries", async () => {
  await page.locator("#timeline").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.locator("#timeline .row[aria-selected=true]").waitFor();
  equal(await page.locator("#details h2").count(), 1, "the details");
  await page.keyboard.press("Escape");
  await becomes(() => page.locator("#timeline .row[aria-selected=true]").count(), 0, "the selection");
});

await check("an event shows its message, its headers and its timing", async () => {
  await row("event", "Good morning").click();
  await page.locator("#details h2").getByText("Event").waitFor();
  await page.locator(".payload .text").getByText('"Good morning"').first().waitFor();
  const bars = await page.locator(".waterfall .link").allTextContents();
  equal([bars[0], bars[1], bars.at(-1)], ["in", "event", "reply"], "the bars");
  equal(bars.filter((bar) => bar === "post").length, 2, "the posts");
  await inspecting.shot(page, "light");
  await row("event", "$connect").first().click();
  await page.locator("#details dt").getByText("User-Agent").waitFor();
});

await check("a message sent as a client is said in the chat", async () => {
  await connection("ana").click();
  await page.locator("#details dd").getByText("tea").first().waitFor();
  await becomes(() => rows.locator(".who").allTextContents().then((all) => [...new Set(all)]), ["ana"], "only ana's entries");
  await page.getByLabel("Message", { exact: true }).fill('{"action":"say","text":"From the inspector"}');
  await page.getByRole("button", { name: "Send as client" }).click();
  await receives(bob, "From the inspector");
  await receives(ana, "From the inspector");
});

await check("a message posted as the backend reaches that client alone", async () => {
  await page.getByLabel("Message", { exact: true }).fill('{"type":"message","room":"tea","user":"server","text":"For ana","at":0}');
  await page.getByRole("button", { name: "Post as backend" }).click();
  await receives(ana, "For ana");
  equal(await bob.locator(".message .text").getByText("For ana").count(), 0, "bob's messages");
});

await check("an event is replayed, also edited", async () => {
  const morning = () => bob.locator(".message .text").getByText("Good morning", { exact: true }).count();
  await row("event", "Good morning").click();
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await notice("Replayed: answered 200");
  await becomes(morning, 2, "the messages that bob received");
  await row("event", "Good morning").first().click();
  await page.getByRole("button", { name: "Edit and replay" }).click();
  await page.locator("#editor[open]").waitFor();
  const event = await page.getByLabel("Event", { exact: true }).inputValue();
  await page.getByLabel("Event", { exact: true }).fill("{");
  await page.locator("#editor-replay").click();
  await page.locator("#editor-error").getByText("Not JSON").waitFor();
  await page.getByLabel("Event", { exact: true }).fill(event.replace("Good morning", "Good evening"));
  await page.locator("#editor-replay").click();
  await receives(bob, "Good evening");
  await page.locator("#editor").waitFor({ state: "hidden" });
});

await check("an event is copied as JSON", async () => {
  await row("event", "Good morning").first().click();
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await becomes(async () => JSON.parse(await copied()).requestContext?.routeKey, "say", "the copied event");
});

await check("secrets are masked, in the page and in what it loads", async () => {
  const socket = `ws://${host}/local?name=eve&room=tea&ticket=s3cr3t-ticket`;
  const sent = JSON.stringify({ action: "say", text: "hush", password: "s3cr3t-word" });
  await bob.evaluate(([url, sent]) => new Promise((resolve) => {
    const eve = new WebSocket(url);
    eve.onopen = () => { eve.send(sent); resolve(); };
  }), [socket, sent]);
  await connection("eve").click();
  await row("in", "hush").waitFor();
  await row("event", "hush").click();
  await page.locator(".payload .masked").first().waitFor();
  await row("event", "ticket=•••").waitFor();
  const all = await page.evaluate(async () => {
    const texts = [document.body.textContent];
    for (let id = 0; ; id++) {
      const response = await fetch(`/_lift/entries/${id}`);
      if (!response.ok) return texts.join("\n");
      texts.push(await response.text());
    }
  });
  equal([all.includes("hush"), all.includes("s3cr3t")], [true, false], "the shown texts");
});

await check("HTML in a client's message is shown as text", async () => {
  await say(ana, `<img src=x onerror="window.hacked = 1"><b>bold</b>`);
  await connection("ana").click();
  await row("event", "onerror").click();
  await page.locator(".payload").getByText("onerror").first().waitFor();
  equal(await page.evaluate(() => [window.hacked, document.querySelectorAll("main img, aside img, main b").length]), [undefined, 0], "markup");
});

await check("errors are found", async () => {
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await bob.evaluate((url) => new Promise((resolve) => { new WebSocket(url).onclose = resolve; }), `ws://${host}/local`);
  await page.getByRole("button", { name: "Errors only" }).click();
  await becomes(kinds, ["refused", "reply"], "the kinds");
  await page.getByRole("button", { name: "Errors only" }).click();
});

await check("pause hides new entries, resume shows them, clear removes all", async () => {
  await page.getByRole("button", { name: "Pause" }).click();
  await say(bob, "While you were away");
  await receives(ana, "While you were away");
  await page.getByRole("button", { name: /^Resume \(\d+\)$/ }).waitFor();
  equal(await row("in", "While you were away").count(), 0, "the rows of new entries");
  await page.getByRole("button", { name: /^Resume/ }).click();
  await row("in", "While you were away").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await becomes(() => rows.count(), 0, "the rows");
});

await check("ten minutes later an idle connection is closed with 1001, and the chat comes back", async () => {
  const closed = ana.evaluate(() => new Promise((resolve) => {
    window.chat.socket.addEventListener("close", ({ code }) => resolve(code));
  }));
  await connection("ana").click();
  await page.getByRole("button", { name: "+10 min" }).click();
  equal(await closed, 1001, "the close code");
  await row("close", "1001").waitFor();
  await page.locator("#composer-to").getByText("Closed: ana").waitFor();
  equal(await page.getByRole("button", { name: "Send as client" }).isDisabled(), true, "the button");
});

await check("a connection is disconnected", async () => {
  const closed = bob.evaluate(() => new Promise((resolve) => {
    window.chat.socket.addEventListener("close", ({ code }) => resolve(code));
  }));
  await connection("bob").click();
  await page.getByRole("button", { name: "Disconnect" }).click();
  equal(await closed, 1000, "the close code");
});

await check("the theme follows the system or the user's choice, on a desktop and on a phone", async () => {
  const paper = (of) => of.evaluate(() => getComputedStyle(document.querySelector("main")).backgroundColor);
  const light = await paper(page);
  const dark = await inspecting.inspect({ colorScheme: "dark" });
  const darkPaper = await paper(dark);
  equal(light === darkPaper, false, "the background of the light and the dark theme");
  await dark.locator("#timeline .row:not([hidden]) .kind").getByText("event").last().click();
  await inspecting.shot(dark, "dark");
  await dark.locator("#theme").click();
  equal(await paper(dark), light, "light by choice");
  await dark.reload();
  equal(await paper(dark), light, "light after a reload");

  for (const colorScheme of ["light", "dark"]) {
    const small = await inspecting.inspect({ colorScheme, viewport: PHONE, hasTouch: true });
    await small.locator("#timeline .row:not([hidden])").first().waitFor();
    await inspecting.shot(small, `phone-${colorScheme}-timeline`);
    await small.locator("#timeline .row:not([hidden]) .kind").getByText("event").last().tap();
    await small.locator("#details h2").getByText("Event").waitFor();
    await inspecting.shot(small, `phone-${colorScheme}-details`);
    await small.getByRole("button", { name: "Connections", exact: true }).first().tap();
    await small.locator("#connections .row:not([hidden])").first().tap();
    await small.getByRole("button", { name: "Send as client" }).waitFor();
    await inspecting.shot(small, `phone-${colorScheme}-composer`);
    const wide = await small.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    equal(wide, false, "it scrolls sideways");
  }
});

await check("no page logged an error or sent a request to another origin", async () => {
  const { errors, otherOrigins } = inspecting.problems();
  // The search for secrets above ended with a 410 for an entry that does not exist.
  equal(errors.filter((error) => !/ 410 /.test(error)), [], "the errors");
  equal(otherOrigins, [], "the requests to other origins");
});

await inspecting.browser.close();
finish();
