// Attacks every port of a `lift dev` from web pages: a page of another local port, and pages under a name
// that resolves to this machine (DNS rebinding).
//
//   node guard.mjs WEBSOCKET CONNECTION PORT...

import { createServer } from "node:http";
import { check, finish } from "../checks.mjs";
import { equal, launch } from "./page.mjs";

const [websocket, connection, ...ports] = process.argv.slice(2);
if (!ports.length) {
  console.error("usage: node guard.mjs WEBSOCKET CONNECTION PORT...");
  process.exit(2);
}
const stage = new URL(websocket).pathname;
const NAME = "rebound.example";
const browser = await launch([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`]);

// What would read, change or end something, if a port took it. Each port gets all of them.
const next = "/2018-06-01/runtime/invocation/next";
const signed = {
  authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
  "x-amz-date": "20260101T000000Z",
  "content-type": "application/x-amz-json-1.0",
};
const dynamodb = (operation, body) => ({
  path: "/",
  init: { method: "POST", headers: { ...signed, "x-amz-target": `DynamoDB_20120810.${operation}` }, body: JSON.stringify(body) },
});
const table = "chat-connections";
const requests = [
  dynamodb("ListTables", {}),
  dynamodb("Scan", { TableName: table }),
  dynamodb("DeleteTable", { TableName: table }),
  { path: "/", init: { method: "POST", body: "{}" } },
  { path: next, init: {} },
  { path: "/2018-06-01/runtime/init/error", init: { method: "POST", body: "{}" } },
  { path: "/2020-01-01/extension/event/next", init: {} },
  { path: `${stage}/@connections/${encodeURIComponent(connection)}`, init: {} },
  { path: `${stage}/@connections/${encodeURIComponent(connection)}`, init: { method: "POST", body: "from a page" } },
  { path: `${stage}/@connections/${encodeURIComponent(connection)}`, init: { method: "DELETE" } },
  { path: "/_lift/connections", init: {} },
  { path: `/_lift/connections/${encodeURIComponent(connection)}/disconnect`, init: { method: "POST", headers: { "content-type": "application/json" }, body: "{}" } },
  { path: `/_lift/connections/${encodeURIComponent(connection)}/disconnect`, init: { method: "POST", body: "{}" } },
];

// Runs in the page: every request as `fetch` of each mode, and by what else a page can send.
async function attack({ origin, requests, next }) {
  const readable = [];
  const within = (promise) =>
    Promise.race([promise, new Promise((done) => setTimeout(done, 3000, "no answer"))]);
  for (const { path, init } of requests) {
    for (const mode of ["cors", "no-cors"]) {
      const sent = fetch(origin + path, { ...init, mode }).then(
        async (response) => ({ status: response.status, text: await response.text() }),
        () => "blocked",
      );
      const outcome = await within(sent);
      if (outcome === "no answer") readable.push(`${mode} ${path}: a request waits`);
      else if (outcome.status) readable.push(`${mode} ${path}: ${outcome.status} ${outcome.text.slice(0, 60)}`);
    }
  }
  navigator.sendBeacon(origin + "/2018-06-01/runtime/init/error", "{}");
  for (const path of [next, "/_lift/feed"]) {
    const opened = (socket) => new Promise((done) => {
      socket.onopen = () => done("open");
      socket.onerror = () => done("blocked");
    });
    const ws = await within(opened(new WebSocket(origin.replace("http", "ws") + path)));
    if (ws !== "blocked") readable.push(`WebSocket ${path}: ${ws}`);
    const events = new EventSource(origin + path);
    const stream = await within(opened(events));
    events.close();
    if (stream !== "blocked") readable.push(`EventSource ${path}: ${stream}`);
  }
  return readable;
}

const server = createServer((_, response) => {
  response.setHeader("content-type", "text/html").end("<!doctype html><title>another page</title>");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

for (const port of ports) {
  await check(`a page of another local port reads nothing of port ${port}, and nothing waits for it`, async () => {
    const origin = `http://127.0.0.1:${port}`;
    equal(await page.evaluate(attack, { origin, requests, next }), [], "what it read");
  });
  await check(`a page under a name that resolves to this machine gets nothing of port ${port}`, async () => {
    const rebound = await browser.newPage();
    await rebound.goto(`http://${NAME}:${port}/`);
    // For this page it is the same origin, so it reads the refusals.
    const got = await rebound.evaluate(attack, { origin: `http://${NAME}:${port}`, requests, next });
    const allowed = got.filter((line) => !/: (403|404|405) /.test(line));
    equal(allowed, [], "what it got");
    await rebound.close();
  });
}
await check("the WebSocket is open to a page of another origin", async () => {
  const opened = await page.evaluate(
    (url) => new Promise((done) => {
      const socket = new WebSocket(`${url}?name=eve&room=guard2`);
      socket.onopen = () => done("open");
      socket.onerror = () => done("blocked");
    }),
    websocket,
  );
  equal(opened, "open", "the socket");
});

await browser.close();
server.close();
finish();
