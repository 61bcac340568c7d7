// The scenarios for clients with the browser's WebSocket API: a browser, and npm's ws.
// Returns the result of each scenario. It runs within a page, so it uses no names from outside.

export async function scenarios(WebSocket, url) {
  const open = (query = "", protocols = []) => new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}?${query}`, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error("no connection"));
  });
  const next = (socket) => new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(data);
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
  });
  const closed = (socket) => new Promise((resolve) => {
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => resolve([code, reason]);
  });
  const ask = (socket, text) => {
    const reply = next(socket);
    socket.send(text);
    return reply;
  };
  const closeCodeOf = async (data) => {
    const socket = await open();
    const end = closed(socket);
    socket.send(data);
    return (await end)[0];
  };

  const seen = {};
  let socket = await open();
  seen.text = await ask(socket, "hello");
  seen.unicode = await ask(socket, "grüß dich 🦀");
  seen.frame = (await ask(socket, "a".repeat(32_768))).length;
  seen.fragments = (await ask(socket, "much")).length;
  const all = new Set();
  const hundred = new Promise((resolve) => {
    socket.onmessage = ({ data }) => all.add(data).size === 100 && resolve();
  });
  for (let number = 0; number < 100; number += 1) socket.send(`number ${number}`);
  await hundred;
  seen.hundred = all.size;
  const end = closed(socket);
  socket.close(3001, "bye");
  seen.close = await end;

  socket = await open("", ["chat.v1", "chat.v2"]);
  seen.subprotocol = socket.protocol;
  const gone = closed(socket);
  socket.send("disconnect me");
  seen.disconnected = await gone;

  seen.refused = await open("refuse=1").then(() => "accepted", () => "refused");
  seen.binary = await closeCodeOf(new Uint8Array([1, 2, 3]));
  seen.large = await closeCodeOf("a".repeat(32_769));
  return seen;
}
