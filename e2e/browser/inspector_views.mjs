// Checks of the inspector's views: clients of the page, publishing, lists, charts, tables and exports.
//
//   node inspector_views.mjs http://127.0.0.1:3001/_lift http://127.0.0.1:3001/ --screenshots DIR
//
// The exported recording is written to DIR/exported.jsonl.

import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { check, finish } from "../checks.mjs";
import { Inspecting, PHONE, options, parts, receives, say } from "./inspecting.mjs";
import { becomes, equal } from "./page.mjs";

const settings = options("inspector_views.mjs");
const inspecting = await Inspecting.start(settings);
const { host } = new URL(inspecting.url);
const iris = await inspecting.join("iris", "blue");
const jon = await inspecting.join("jon", "blue");
await say(iris, "Hello in blue");
await receives(jon, "Hello in blue");
const page = await inspecting.inspect({ colorScheme: "light" });
const { row, connection, notice } = parts(page);
const tab = (name) => page.locator(".tabs").getByRole("button", { name, exact: true }).click();
const clients = page.locator("#clients");
const frames = clients.locator(".frames pre");

await check("clients of the page connect, send, receive and close, several at once", async () => {
  await tab("Clients");
  const address = clients.getByLabel("Address, with its query");
  equal(await address.inputValue(), `ws://${host}/local`, "the address");
  for (const name of ["kai", "lea"]) {
    await address.fill(`ws://${host}/local?name=${name}&room=blue`);
    await clients.getByRole("button", { name: "Connect" }).click();
    await clients.locator(".status").getByText("open", { exact: true }).waitFor();
  }
  await connection("kai").waitFor();
  await connection("lea").waitFor();
  await clients.getByLabel("Message of client 2").fill('{"action":"say","text":"From the page"}');
  await clients.getByRole("button", { name: "Send" }).click();
  await receives(jon, "From the page");
  await frames.getByText('"text":"From the page","at"').waitFor();
  await clients.locator(".sessions button").first().click();
  await frames.getByText('"text":"From the page","at"').waitFor();
  await inspecting.shot(page, "clients");
  await clients.getByRole("button", { name: "Show its entries" }).click();
  await page.locator("#details dt").getByText("Connected").waitFor();
  equal(await page.locator("#details h2").textContent(), "kkai", "the connection of the client");
  await page.keyboard.press("Escape");
  await tab("Clients");
  await clients.getByRole("button", { name: "Close" }).click();
  await frames.getByText("Closed with 1000").waitFor();
  await becomes(() => connection("kai").count(), 0, "the closed client in the list");
});

await check("a client that is refused, and an address that the page cannot reach, say so", async () => {
  const address = clients.getByLabel("Address, with its query");
  await address.fill(`ws://${host}/local`);
  await clients.getByRole("button", { name: "Connect" }).click();
  await frames.getByText("Not connected.").waitFor();
  for (const [text, error] of [["ws://example.com/", "may only connect to"], [`wss://${host}/local`, "begins with ws://"]]) {
    await address.fill(text);
    await clients.getByRole("button", { name: "Connect" }).click();
    await clients.getByRole("alert").getByText(error).waitFor();
  }
  await address.fill(`ws://${host}/local`);
  await clients.getByLabel("Subprotocols, by commas").fill("chat, a b");
  await clients.getByRole("button", { name: "Connect" }).click();
  await clients.getByRole("alert").getByText("a b").waitFor();
});

await check("a message is published to a user, a tenant and everyone, with a report", async () => {
  await tab("Timeline");
  const to = page.getByLabel("To", { exact: true });
  const publish = async (text) => {
    await page.getByLabel("Message", { exact: true }).fill(JSON.stringify({ type: "message", room: "blue", user: "server", text, at: 0 }));
    await page.getByRole("button", { name: "Publish" }).click();
  };
  const report = (text) => page.locator("#report").getByText(text).waitFor();
  await to.selectOption("user");
  equal(await page.locator("#send").isDisabled(), true, "without a name");
  await page.getByLabel("Name", { exact: true }).fill("iris");
  await page.getByLabel("Tenant", { exact: true }).fill("blue");
  await publish("For iris");
  await receives(iris, "For iris");
  await report("user iris: 1 sent, 0 gone, 0 failed");
  equal(await jon.locator(".message .text").getByText("For iris").count(), 0, "jon's messages");
  await to.selectOption("tenant");
  await page.getByLabel("Name", { exact: true }).fill("blue");
  await publish("For blue");
  await receives(jon, "For blue");
  await report("tenant blue: 3 sent, 0 gone, 0 failed");
  await page.getByLabel("Name", { exact: true }).fill("nowhere");
  await publish("For no connection");
  await report("tenant nowhere: no connection was found");
  await to.selectOption("everyone");
  await publish("For everyone");
  await receives(jon, "For everyone");
  await page.locator("#report").getByText(/^everyone: \d+ sent, 0 gone, 0 failed$/).waitFor();
});

await check("tenants are listed with their counts, and lead to their connections", async () => {
  await page.getByRole("tab", { name: "Tenants" }).click();
  const blue = page.locator("#panel-tenants .entry").filter({ hasText: "blue" });
  await blue.getByText("3 users, 3 connections").waitFor();
  await blue.click();
  await connection("iris").waitFor();
  equal(await page.locator("#open-count").textContent().then((text) => text.startsWith("3 of ") || text === "3"), true, "the count");
  equal(await page.getByLabel("To", { exact: true }).inputValue(), "tenant", "the target");
  await page.getByRole("button", { name: /^List all connections/ }).click();
  await page.getByRole("tab", { name: "Groups" }).click();
  await page.getByText("No open connection is in a group.").waitFor();
  await page.getByRole("tab", { name: /^Connections/ }).click();
});

await check("charts show rate, latency and errors by route", async () => {
  await tab("Charts");
  await page.locator("#charts .u-over").nth(2).waitFor();
  const line = page.locator("#charts tbody tr").filter({ hasText: "say" });
  await becomes(async () => Number(await line.locator("td").nth(1).textContent()) >= 2, true, "the events of a route");
  equal(/ms|s$/.test(await line.locator("td").nth(3).textContent()), true, "a duration");
  // The canvas has lines, not only a grid.
  await becomes(() => page.locator("#charts canvas").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let colored = 0;
    for (let at = 0; at < data.length; at += 4) {
      const parts = [...data.subarray(at, at + 3)];
      if (data[at + 3] > 100 && Math.max(...parts) - Math.min(...parts) > 60) colored++;
    }
    return colored > 20;
  }), true, "coloured lines");
  await inspecting.shot(page, "charts");
});

await check("the rows of the tables are shown, and open in the details", async () => {
  await tab("Tables");
  await becomes(() => page.getByLabel("Table", { exact: true }).inputValue(), "chat-connections", "the table");
  const line = page.locator("#tables tbody tr").filter({ hasText: "iris" }).first();
  await line.waitFor();
  equal((await page.locator("#tables th").allTextContents()).slice(0, 2), ["pk", "sk"], "the key comes first");
  await inspecting.shot(page, "tables");
  await line.click();
  await page.locator("#details h2").getByText("Row").waitFor();
  await page.locator("#details .payload").getByText('"iris"').first().waitFor();
});

await check("what is shown is exported as a recording, without secrets", async () => {
  await iris.evaluate((url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => { socket.send('{"action":"say","text":"secret","password":"s3cr3t"}'); resolve(); };
  }), `ws://${host}/local?name=mia&room=red&ticket=s3cr3t-ticket`);
  await tab("Timeline");
  await row("reply", "say").last().waitFor();
  await page.getByLabel("To", { exact: true }).selectOption("connection");
  await connection("mia").click();
  await row("event", "secret").waitFor();
  await becomes(() => row("reply", "say").count(), 1, "the reply");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export" }).click()]);
  await notice("secrets are masked");
  const text = await readFile(await download.path(), "utf8");
  writeFileSync(`${settings.screenshots}/exported.jsonl`, text);
  const lines = text.trim().split("\n").map((line) => JSON.parse(line));
  equal([lines[0].recording, lines[0].app, lines[0].stage], [1, "chat", "local"], "the first line");
  equal(lines.filter(({ kind }) => kind === "event").map(({ route }) => route), ["$connect", "say"], "the events");
  equal(lines.filter(({ kind }) => kind === "reply").length, 2, "the replies");
  equal(text.includes("s3cr3t"), false, "secrets");
});

await check("on a phone all views fit", async () => {
  const small = await inspecting.inspect({ viewport: PHONE, hasTouch: true, colorScheme: "dark" });
  for (const name of ["Clients", "Charts", "Tables"]) {
    await small.locator(".tabs").getByRole("button", { name, exact: true }).tap();
    await small.locator(`section[data-view=${name.toLowerCase()}]`).waitFor();
    if (name !== "Clients") await small.locator(`#${name.toLowerCase()} td`).first().waitFor();
    equal(await small.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${name} scrolls sideways`);
    await inspecting.shot(small, `phone-${name.toLowerCase()}`);
  }
});

await check("no page logged an error or sent a request to another origin", async () => {
  const { errors, otherOrigins } = inspecting.problems();
  // The refused client.
  equal(errors.filter((error) => !/WebSocket connection to|failed: Error during WebSocket handshake| 410 /.test(error)), [], "the errors");
  equal(otherOrigins, [], "the requests to other origins");
});

await inspecting.browser.close();
finish();
