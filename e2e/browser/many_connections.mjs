// Checks that the inspector's page stays usable with many connections: 5,000 connections, and then
// 1,000 posts a second, with messages that run the function. Measurements are printed and have no threshold.
//
//   node many_connections.mjs http://127.0.0.1:3001/_lift http://127.0.0.1:3001/local [--connections N] [--rate N]

import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { check, finish } from "../checks.mjs";
import { becomes, equal, launch, watched } from "./page.mjs";

const { values: options, positionals: [url, management] } = parseArgs({
  allowPositionals: true,
  options: { connections: { type: "string", default: "5000" }, rate: { type: "string", default: "1000" } },
});
const count = Number(options.connections);
const rate = Number(options.rate);
const SECONDS = 10;
// The page keeps at most this many entries, like the server.
const MAX_ENTRIES = 10_000;
const { hostname, port, pathname } = new URL(management);

// Opens a WebSocket that discards what it receives. The query is for an app that
// requires a name. Each client has its own room, so that no other client is notified.
function open(n) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `GET ${pathname}?name=user-${n}&room=room-${n} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n` +
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`);
    });
    socket.once("data", (head) => (head.includes(" 101 ") ? resolve(socket.resume()) : reject(new Error(String(head)))));
    socket.on("error", reject);
  });
}

// A short text frame as a client sends it: masked, with a mask of zeros.
function frame(text) {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | data.length, 0, 0, 0, 0]), data]);
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
function post(id, body) {
  return new Promise((resolve, reject) => {
    const path = `${pathname}/@connections/${encodeURIComponent(id)}`;
    const call = request({ agent, hostname, port, path, method: "POST" }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    call.on("error", reject);
    call.end(body);
  });
}

const sockets = [];
let posted = 0;
// Sends posts at the rate, and lets some clients ask for the members of their room, for some seconds.
async function load(ids, seconds) {
  const start = Date.now();
  const pending = [];
  while (Date.now() - start < seconds * 1000) {
    const due = Math.floor(((Date.now() - start) / 1000) * rate);
    for (; posted < due; posted++) {
      const body = JSON.stringify({ type: "message", user: "load", text: `number ${posted}`, at: 0 });
      pending.push(post(ids[(posted * 7919) % ids.length], body));
      if (posted % 50 === 0) sockets[posted % sockets.length].write(frame('{"action":"who"}'));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const statuses = await Promise.all(pending);
  return { seconds: (Date.now() - start) / 1000, failed: statuses.filter((status) => status !== 200).length };
}

const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
const { errors } = watched(page);
await page.goto(url);
await page.locator("#state[data-state=live]").waitFor();
await page.evaluate(() => {
  window.frames_ = [];
  window.long = [];
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask" });
  let last = performance.now();
  const tick = (now) => {
    window.frames_.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
});
// Prints the page's frame times, long tasks and memory since the last call.
async function printUsage(what) {
  const { frames, long, heap } = await page.evaluate(() => {
    const { frames_: frames, long } = window;
    window.frames_ = [];
    window.long = [];
    return { frames, long, heap: performance.memory?.usedJSHeapSize };
  });
  frames.sort((a, b) => a - b);
  const at = (part) => (frames[Math.floor((frames.length - 1) * part)] ?? 0).toFixed(0);
  const longest = Math.max(0, ...long).toFixed(0);
  console.log(`# ${what}: ${frames.length} frames, median ${at(0.5)} ms, 99 in 100 under ${at(0.99)} ms, longest ${at(1)} ms; ` +
    `${long.length} long tasks, the longest ${longest} ms; heap ${(heap / 1e6).toFixed(0)} MB`);
}

const text = (selector) => page.locator(selector).textContent();
const number = async (selector) => Number((await text(selector)).replaceAll(",", ""));

await check(`${count} connections are listed, and found by id`, async () => {
  const start = Date.now();
  const opener = async () => {
    while (sockets.length < count) {
      const n = sockets.push(undefined) - 1;
      sockets[n] = await open(n);
    }
  };
  await Promise.all(Array.from({ length: 20 }, opener));
  console.log(`# ${sockets.length} connections opened in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  await printUsage("while they connected");
  await page.waitForFunction((count) => document.querySelector("#open-count").textContent === count,
    count.toLocaleString("en"), { timeout: 60_000 });
  const { connections } = await (await fetch(`${url}/connections`)).json();
  const { id } = connections.at(-1);
  await page.getByLabel("Search connections").fill(id);
  await page.locator("#connections .row:not([hidden]) code").getByText(id, { exact: true }).waitFor();
  equal(await text("#open-count"), `1 of ${count.toLocaleString("en")}`, "the number of found connections");
  await page.getByLabel("Search connections").fill("");
  const drawn = await page.locator("#connections .row").count();
  equal(drawn < 60, true, `only the rows in sight are drawn, not ${drawn}`);
});

await check(`at ${rate} posts a second the page responds`, async () => {
  const { connections } = await (await fetch(`${url}/connections`)).json();
  await printUsage("before the load");
  const loading = load(connections.map(({ id }) => id), SECONDS);
  const action = async (what, does) => {
    const start = performance.now();
    await does();
    console.log(`#   ${what}: ${(performance.now() - start).toFixed(0)} ms`);
  };
  await page.waitForTimeout(2000);
  await action("a search in the payloads", async () => {
    await page.getByLabel("Search payloads").fill("number 1");
    await page.locator("#timeline .row:not([hidden]) .text").getByText("number 1").first().waitFor();
    await page.getByLabel("Search payloads").fill("");
  });
  await action("a filter by kind", async () => {
    await page.getByRole("button", { name: "Posts", exact: true }).click();
    await page.waitForFunction(() => ![...document.querySelectorAll("#timeline .row:not([hidden]) .kind")]
      .some((kind) => kind.textContent === "post"));
    await page.getByRole("button", { name: "Posts", exact: true }).click();
  });
  await action("a selected connection", async () => {
    await page.locator("#connections .row:not([hidden])").first().click();
    await page.locator("#details dt").getByText("Address").waitFor();
  });
  await action("a message to it", async () => {
    await page.getByLabel("Message", { exact: true }).fill('{"action":"who"}');
    await page.getByRole("button", { name: "Send as client" }).click();
    await page.locator("#timeline .row:not([hidden]) .kind").getByText("reply").last().waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
  });
  await action("pause, scroll and select", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await page.locator("#timeline").evaluate((list) => { list.scrollTop = list.scrollHeight / 2; });
    await page.locator("#timeline .row:not([hidden])").nth(15).click();
    await page.locator("#details h2").waitFor();
    await page.getByRole("button", { name: /^Resume/ }).click();
  });
  const { seconds, failed } = await loading;
  console.log(`# ${posted} posts in ${seconds.toFixed(1)} s: ${(posted / seconds).toFixed(0)} a second`);
  await printUsage("under load");
  equal(failed, 0, "posts that failed");
});

await check("memory is bounded: the newest entries are kept, the others are counted", async () => {
  await becomes(async () => (await number("#kept")) <= MAX_ENTRIES && (await number("#dropped")) > 0, true, "kept and dropped");
  const total = (await number("#kept")) + (await number("#dropped"));
  equal(total > posted + count, true, `${total} kept and dropped, of ${posted} posts and ${count} connections`);
  equal(errors, [], "the errors");
});

for (const socket of sockets) socket.destroy();
agent.destroy();
await browser.close();
finish();
