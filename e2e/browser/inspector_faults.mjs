// Checks of the inspector's page, one for each fault that once annoyed a user.
//
//   node inspector_faults.mjs http://127.0.0.1:3001/_lift http://127.0.0.1:3001/ --screenshots DIR

import { readFileSync } from "node:fs";
import { check, finish } from "../checks.mjs";
import { Inspecting, PHONE, isUncovered, options, parts, receives, say } from "./inspecting.mjs";
import { becomes, equal } from "./page.mjs";

const inspecting = await Inspecting.start(options("inspector_faults.mjs"));
const { host } = new URL(inspecting.url);
// Users and a room that were not there before, so that the conversation is that of the test.
const gil = await inspecting.join("gil", "green");
const hana = await inspecting.join("hana", "green");
const page = await inspecting.inspect({ colorScheme: "light" });
const { rows, row, connection, kinds, notice, copied, isInSight } = parts(page);

const showAll = () => page.getByRole("button", { name: /^Show all connections/ }).click();

await say(gil, "Good day");
await receives(hana, "Good day");
await row("event", "Good day").waitFor();

await check("Escape in a search empties it and the filter", async () => {
  const search = page.getByLabel("Search payloads");
  await search.fill("zzz");
  await page.getByText("Nothing passes the filters.").waitFor();
  await search.press("Escape");
  equal(await search.inputValue(), "", "the search");
  await row("event", "Good day").waitFor();
  const connections = page.getByLabel("Search connections");
  await connections.fill("zzz");
  await page.getByText("No connection matches.").waitFor();
  await connections.press("Escape");
  await connection("gil").first().waitFor();
});

await check("ages move, in the list and in the details", async () => {
  await connection("gil").first().click();
  await page.locator("#details .age").first().waitFor();
  const ages = () => page.evaluate(() => ["#connections .row:not([hidden]) .age", "#details .age"].map((age) => document.querySelector(age).textContent));
  const before = await ages();
  await becomes(async () => (await ages()).every((age, index) => age !== before[index]), true, "other ages");
  // A message makes the last message new.
  await becomes(async () => /[2-9] s/.test(await page.locator("#details .last-active").textContent()), true, "an old message");
  await say(gil, "Still here");
  await becomes(async () => /^[01] s/.test(await page.locator("#details .last-active").textContent()), true, "a new message");
  await showAll();
});

await check("a user has the initial and the colour that the chat shows, and no dot of a status", async () => {
  const image = (of) => of.evaluate((avatar) => [avatar.textContent.toLowerCase(), avatar.style.getPropertyValue("--hue")]);
  equal(await image(connection("gil").first().locator(".avatar")), await image(gil.locator("#members .avatar").first()), "the avatar");
  equal(await page.locator("#connections .row i").count(), 0, "dots");
});

await check("notices and `Newest` cover nothing", async () => {
  await connection("gil").first().click();
  await page.getByRole("button", { name: "Send as client" }).waitFor();
  await page.getByLabel("Message", { exact: true }).fill('{"action":"say","text":"A notice"}');
  await page.getByRole("button", { name: "Send as client" }).click();
  await notice("Sent");
  await page.locator("#timeline").evaluate((list) => { list.scrollTop = 0; });
  for (const part of ["#follow", "[data-advance='600']", "#disconnect", "#send", "#timeline"]) {
    if (part === "#follow" && await page.locator(part).isDisabled()) continue;
    equal(await isUncovered(page.locator(part)), true, `${part} is uncovered`);
  }
  const covered = () => page.evaluate(() => {
    const list = document.querySelector("#timeline").getBoundingClientRect();
    const kinds = [...document.querySelectorAll("#timeline .row:not([hidden]) .kind")];
    return kinds.filter((kind) => {
      const { left, top, bottom } = kind.getBoundingClientRect();
      return top > list.top && bottom < list.bottom && document.elementFromPoint(left + 5, (top + bottom) / 2) !== kind;
    }).length;
  });
  await becomes(covered, 0, "the covered rows");
  await showAll();
});

await check("a disabled button looks disabled", async () => {
  const colors = () => page.locator("#send").evaluate((button) => getComputedStyle(button).backgroundColor);
  const disabled = await colors();
  await connection("gil").first().click();
  await becomes(() => page.locator("#send").isEnabled(), true, "an enabled button");
  equal(await colors() === disabled, false, "the same colour");
  await showAll();
});

await check("after a replay the event is selected, in sight, and has its actions", async () => {
  for (let n = 0; n < 8; n++) await say(hana, `Filler ${n}`);
  await receives(gil, "Filler 7");
  await page.getByLabel("Search payloads").fill("good day");
  await row("event", "Good day").first().click();
  await page.getByLabel("Search payloads").fill("");
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await notice("Replayed: answered 200");
  const selected = page.locator("#timeline .row[aria-selected=true]:not([hidden])");
  await selected.filter({ hasText: "replayed" }).waitFor();
  await becomes(() => isInSight(selected), true, "the selection is in sight");
  equal(await page.locator("#details h2").textContent(), "Event say", "the details");
  await page.locator("#details h3").getByText("Reply", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Copy as a test" }).waitFor();
});

await check("a copied test runs the handler: it is the one in the chat's tests", async () => {
  const expected = readFileSync(new URL("../../examples/chat/tests/it/copied.rs", import.meta.url), "utf8");
  await page.getByLabel("Search payloads").fill("good day");
  await row("event", "Good day").first().click();
  await page.getByRole("button", { name: "Copy as a test" }).click();
  await becomes(async () => (await copied()).startsWith("#[tokio::test]\nasync fn say_of_gil()"), true, "the copied test");
  const test = await copied();
  equal(expected.includes(test), true, `the test is part of copied.rs:\n${test}\n`);
  await page.getByLabel("Search payloads").fill("");
});

await check("an error frame of the app is an error, with its code and message", async () => {
  await connection("gil").first().click();
  await page.getByLabel("Message", { exact: true }).fill('{"action":"say"}');
  await page.getByRole("button", { name: "Send as client" }).click();
  const reply = row("reply", "invalid_payload");
  await reply.waitFor();
  equal(await reply.locator(".text").textContent().then((text) => text.includes("text")), true, "the message");
  await page.getByRole("button", { name: "Errors only" }).click();
  await becomes(async () => (await kinds()).includes("reply"), true, "errors only");
  await reply.click();
  await page.locator("#details dt").getByText("Status for API Gateway").waitFor();
  equal(await page.locator("#details dd").getByText("200", { exact: true }).count(), 1, "the status");
  await page.getByRole("button", { name: "Errors only" }).click();
  await page.locator("#timeline").evaluate((list) => { list.scrollTop = list.scrollHeight; });
});

await check("an empty message is shown as empty", async () => {
  await page.getByLabel("Message", { exact: true }).fill("");
  await page.getByRole("button", { name: "Post as backend" }).click();
  await row("post", "empty message").waitFor();
  await row("post", "empty message").click();
  await page.getByText("The message is empty.").waitFor();
  await showAll();
  await page.locator("#timeline").evaluate((list) => { list.scrollTop = list.scrollHeight; });
});

await check("a post begins with the part that differs", async () => {
  await say(gil, "Something else");
  const text = row("post", "Something else").first().locator(".text");
  await becomes(async () => (await text.textContent()).startsWith("text: Something else"), true, "the text comes first");
});

await check("the rows are in the order of time for a screen reader", async () => {
  await page.locator("#timeline").evaluate((list) => { list.scrollTop = list.scrollHeight / 2; });
  await page.locator("#timeline").evaluate((list) => { list.scrollTop += 95; });
  const times = () => page.evaluate(() => [...document.querySelectorAll("#timeline .row:not([hidden]) .time")].map((time) => time.textContent));
  await becomes(async () => (await times()).join() === (await times()).toSorted().join(), true, "the order");
});

await check("a closed connection says so, and leads to the new one of its user", async () => {
  await connection("hana").first().click();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.locator("#details .badge").getByText("closed").waitFor();
  await page.locator("#details dd").getByText("1000").waitFor();
  await page.getByRole("button", { name: "show the new connection" }).click();
  await becomes(() => page.locator("#details .badge").count(), 0, "the badge of a closed connection");
  await page.locator("#details dt").getByText("Connected").waitFor();
  await showAll();
});

await check("after a reload, closed connections have their users", async () => {
  const again = await inspecting.inspect();
  const there = parts(again);
  await again.getByLabel("Search payloads").fill("1000");
  await there.row("close", "").last().waitFor();
  await becomes(() => there.row("close", "").last().locator(".who").textContent(), "hana", "the closed connection's user");
  await again.close();
});

await check("Clear says that it cleared", async () => {
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Cleared. What happens from now on appears here.").waitFor();
});

await check("the address is shown and copied", async () => {
  await page.locator("#address").click();
  await becomes(copied, `ws://${host}/local`, "the copied address");
});

for (const [width, height] of [[1000, 700], [1600, 900], [PHONE.width, PHONE.height]]) {
  await check(`at ${width} px all is usable`, async () => {
    const small = await inspecting.inspect({ viewport: { width, height }, colorScheme: "dark" });
    const there = parts(small);
    await say(gil, `At ${width} px`);
    await there.row("event", `At ${width} px`).waitFor();
    const isWide = await small.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    equal(isWide, false, "it scrolls sideways");
    equal(await small.locator("#address code").evaluate((code) => code.scrollWidth <= code.clientWidth + 1), true, "the address is readable");
    if (width === 1000) {
      equal(await small.locator(".details").isVisible(), false, "the details before a selection");
      const heights = (selector) => small.locator(selector).evaluate((bar) => bar.clientHeight);
      equal([await heights(".tools") < 50, await heights(".chips") < 40], [true, true], "the filters are lines");
      equal(await there.rows.count() >= 13, true, "13 rows");
    }
    await there.row("event", `At ${width} px`).click();
    await small.locator("#details h2").getByText("Event").waitFor();
    if (width === 1000) {
      equal(await small.locator(".tools").evaluate((bar) => bar.clientHeight < 50 && bar.scrollWidth <= bar.clientWidth), true, "the filters beside the details");
      await small.locator("#connections .row").first().click();
      equal(await small.locator(".composer .to").evaluate((bar) => bar.clientHeight < 45 && bar.scrollWidth <= bar.clientWidth), true, "the composer beside the details");
    }
    await inspecting.shot(small, `${width}-dark`);
    await small.close();
  });
}

await check("no page logged an error or sent a request to another origin", async () => {
  const { errors, otherOrigins } = inspecting.problems();
  // A closed connection has no details on the server.
  equal(errors.filter((error) => !/ 410 /.test(error)), [], "the errors");
  equal(otherOrigins, [], "the requests to other origins");
});

await inspecting.browser.close();
finish();
