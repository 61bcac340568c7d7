// Checks subprotocols and route responses with npm's ws against the app in apps/subprotocol.
//
//   node check.mjs ws://127.0.0.1:3001/local

import { once } from "node:events";
import WebSocket from "ws";
import { check, finish } from "../checks.mjs";

const TIMEOUT = 30_000;
const [url] = process.argv.slice(2);

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

const within = () => ({ signal: AbortSignal.timeout(TIMEOUT) });

// Connects; ws itself fails the handshake on a subprotocol that was not offered.
async function connected(protocols, test) {
  const socket = new WebSocket(url, protocols, { handshakeTimeout: TIMEOUT });
  try {
    const [[response]] = await Promise.all([once(socket, "upgrade", within()), once(socket, "open", within())]);
    await test(socket, response.headers["sec-websocket-protocol"]);
    const closed = once(socket, "close", within());
    socket.close(1000);
    equal((await closed)[0], 1000, "the close code");
  } finally {
    socket.terminate();
  }
}

async function ask(socket, text) {
  const message = once(socket, "message", within());
  socket.send(text);
  return String((await message)[0]);
}

for (const protocols of [["chat.v2"], ["chat.v1", "chat.v2"], ["chat.v2", "x", "y"]]) {
  await check(`chat.v2 is chosen from ${protocols.join(", ")} and echoed once`, () =>
    connected(protocols, (socket, header) => {
      equal(header, "chat.v2", "the header");
      equal(socket.protocol, "chat.v2", "the subprotocol");
    }));
}

await check("without an offer there is no subprotocol", () =>
  connected([], (socket, header) => {
    equal(header, undefined, "the header");
    equal(socket.protocol, "", "the subprotocol");
  }));

await check("ws itself refuses when none of its offers is chosen", async () => {
  const socket = new WebSocket(url, ["chat.v1", "CHAT.V2"], { handshakeTimeout: TIMEOUT });
  socket.on("unexpected-response", (_, { statusCode }) => socket.emit("error", new Error(`HTTP ${statusCode}`)));
  const [error] = await Promise.race([
    once(new EventTarget(), "never", within()),
    new Promise((resolve) => {
      socket.on("error", (error) => resolve([error]));
      socket.on("open", () => resolve([new Error("it opened")]));
    }),
  ]);
  socket.terminate();
  equal(error.message, "Server sent no subprotocol", "the error");
});

await check("a two-way route replies with its route response, a one-way route with a post", () =>
  connected(["chat.v2"], async (socket) => {
    for (const action of ["ask", "post"]) {
      for (const more of ["", "🦀", "x".repeat(30_000)]) {
        const text = JSON.stringify({ action, more });
        equal(await ask(socket, text), `${action === "ask" ? "asked" : "posted"} ${text}`, "the reply");
      }
    }
  }));

await check("a message without a matching route gets Forbidden, because there is no $default route", () =>
  connected([], async (socket) => {
    const frame = JSON.parse(await ask(socket, '{"action":"dance"}'));
    equal(frame.message, "Forbidden", "the message");
    equal(typeof frame.connectionId, "string", "the connection id's type");
    equal(typeof frame.requestId, "string", "the request id's type");
    equal(Object.keys(frame).length, 3, "the number of keys");
  }));

finish();
