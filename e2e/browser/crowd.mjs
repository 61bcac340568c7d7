// Gives the inspector a crowd, and sees that its page can still be used: 5,000 connections, and then
// 1,000 posts a second beside messages that run the function. Figures are printed, not judged.
//
//   node crowd.mjs http://127.0.0.1:3001/_lift http://127.0.0.1:3001/local [--connections N] [--rate N]

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
const wanted = Number(options.connections);
const rate = Number(options.rate);
const SECONDS = 10;
// The page asks for so many entries and no more, as the server keeps them.
const KEPT = 10_000;
const { hostname, port, pathname } = new URL(management);

// A WebSocket that reads and forgets. The query is for an app that
// wants a name; each client is alone in its room then, so that nobody else hears of it.
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
    const call = request({ agent, hostname, port, path, method: "POST" }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    call.on("error", reject);
    call.end(body);
  });
}

const sockets = [];
let posted = 0;
// Posts at the rate, and has some clients ask who is there, until it is over.
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
// What the page spent since it was asked last.
async function spent(what) {
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

await check(`${wanted} connections are listed, and found by id`, async () => {
  const start = Date.now();
  const opener = async () => {
    while (sockets.length < wanted) {
      const n = sockets.push(undefined) - 1;
      sockets[n] = await open(n);
    }
  };
  await Promise.all(Array.from({ length: 20 }, opener));
  console.log(`# ${sockets.length} connections opened in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  await spent("while they came");
  await page.waitForFunction((wanted) => document.querySelector("#open-count").textContent === wanted,
    wanted.toLocaleString("en"), { timeout: 60_000 });
  const { connections } = await (await fetch(`${url}/connections`)).json();
  const { id } = connections.at(-1);
  await page.getByLabel("Search connections").fill(id);
  await page.locator("#connections .row:not([hidden]) code").getByText(id, { exact: true }).waitFor();
  equal(await text("#open-count"), `1 of ${wanted.toLocaleString("en")}`, "the count of those found");
  await page.getByLabel("Search connections").fill("");
  const drawn = await page.locator("#connections .row").count();
  equal(drawn < 60, true, `only the rows in sight are drawn, not ${drawn}`);
});

await check(`at ${rate} posts a second the page answers`, async () => {
  const { connections } = await (await fetch(`${url}/connections`)).json();
  await spent("before the load");
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
  await spent("under load");
  equal(failed, 0, "posts that failed");
});

await check("memory is bounded: the newest are kept, the others counted", async () => {
  await becomes(async () => (await number("#kept")) <= KEPT && (await number("#dropped")) > 0, true, "kept and dropped");
  const sum = (await number("#kept")) + (await number("#dropped"));
  equal(sum > posted + wanted, true, `${sum} kept and dropped, of ${posted} posts and ${wanted} connections`);
  equal(errors, [], "the errors");
});

for (const socket of sockets) socket.destroy();
agent.destroy();
await browser.close();
finish();
