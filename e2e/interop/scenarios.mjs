// What every client does in turn, for those that have the browser's WebSocket: a browser, and npm's ws.
// Answers what each scenario came to. Runs within a page, so it uses nothing from outside.

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
    const answer = next(socket);
    socket.send(text);
    return answer;
  };
  const ends = async (data) => {
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

  seen.refused = await open("refuse=1").then(() => "let in", () => "refused");
  seen.binary = await ends(new Uint8Array([1, 2, 3]));
  seen.large = await ends("a".repeat(32_769));
  return seen;
}
