// A test with lift_ws::test, made from an event: it connects the clients as they connected, lets the handler
// run, and compares what the handler sent. The server has masked the secrets; put them back where the test
// needs them.

const MASK = "•••";

// Headers that the browser, the gateway or the kit sets, and that handlers do not read.
const USUAL_HEADERS = /^(host|connection|upgrade|user-agent|cache-control|pragma|accept|accept-.*|sec-.*|x-forwarded-.*|x-amzn-.*|content-length)$/i;

// Words that are no names of variables in Rust, and the kit's own.
const RESERVED = new Set(("as async await box break const continue crate do dyn else enum extern false fn for gen if impl in let loop match mod " +
  "move mut override priv pub ref return self static struct super trait true try type typeof union unsafe use virtual where while yield kit before app").split(" "));

// The test as text. `whole` reads an entry with its whole payload.
export async function asTest(event, feed, names, whole) {
  const payload = JSON.parse((await whole(event)).text);
  const { eventType } = payload.requestContext;
  const reply = feed.entries.findLast((entry) => entry.kind === "reply" && entry.event === event.id);
  const { sent, overlaps } = await sentDuring(event, reply, feed, whole);
  const clients = await theClients(event, sent, feed, names, whole);
  const own = clients.find(({ id }) => id === event.connection);
  const times = [Math.min(...clients.map(({ connectedAt }) => connectedAt)), (reply?.at ?? Date.now()) + 1000];
  const normal = normalizer(clients, times, payload.body ?? "");

  const steps = { CONNECT: [], MESSAGE: [message(own, payload)], DISCONNECT: [closing(own, payload)] }[eventType] ?? [];
  const isConnect = eventType === "CONNECT";
  const isAccepted = !isConnect || reply?.code === 200 || reply?.code === 101;
  const lines = [];
  if (isConnect) lines.push(`${own.name} connects${own.query ? ` ?${normal(own.query)}` : ""}`);
  if (eventType === "MESSAGE") lines.push(`${own.name} -> ${normal(payload.body ?? "")}`);
  if (eventType === "DISCONNECT") lines.push(`${own.name} closes (${payload.requestContext.disconnectStatusCode})`);
  for (const client of clients) {
    if (isConnect && client === own) lines.push(isAccepted ? `${own.name} is accepted (101${subprotocol(reply)})` : `${own.name} is refused (${reply?.code ?? 502})`);
    for (const text of sent.get(client.id) ?? []) lines.push(`${client.name} <- ${normal(text)}`);
  }

  const expected = lines.map((line) => `${line}\n`).join("");
  // The other clients only listen.
  const connects = clients.filter((client) => !isConnect || client !== own)
    .map((client) => `let ${client === own ? "" : "_"}${client.variable} = ${handshake(client)}.unwrap();`);
  const run = isConnect ? [`let ${isAccepted ? "_" : ""}${own.variable} = ${handshake(own)}${isAccepted ? ".unwrap()" : ""};`] : steps;
  if (isConnect && !isAccepted) run.push(`assert!(${own.variable}.is_err());`);
  const body = [
    "let kit = lift_ws::test::Kit::new(app());",
    ...connects,
    "let before = kit.conversation().len();",
    ...run,
    `assert_eq!(\n        kit.conversation()[before..],\n        *${literal(expected)}\n    );`,
  ];
  const notes = [
    [clients, expected, run.join()].some((part) => JSON.stringify(part).includes(MASK)) && `The inspector masked ${MASK}: fill in what the handler needs.`,
    clients.some(({ isUnknown }) => isUnknown) && "A handshake is no longer in memory: fill in its query.",
    overlaps && "Other events ran at the same time: keep only what this handler sent.",
    reply?.note && !isConnect && "The handler failed here.",
  ].filter(Boolean);
  const title = `${(event.route ?? "event").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toLowerCase() || "event"}_of_${own.variable}`;
  return `#[tokio::test]\nasync fn ${title}() {\n${[...notes.map((note) => `// ${note}`), ...body].map((line) => `    ${line}\n`).join("")}}\n`;
}

// The messages that were sent while the handler ran, by connection, and whether other handlers ran too.
async function sentDuring(event, reply, feed, whole) {
  const start = feed.indexOf(event.id);
  const sent = new Map();
  const running = new Set();
  for (const { kind, id, event: of } of feed.entries.slice(Math.max(0, start - 500), start)) {
    if (kind === "event") running.add(id);
    if (kind === "reply") running.delete(of);
  }
  let overlaps = running.size > 0;
  const add = async (entry) => {
    const { text } = await whole(entry);
    sent.set(entry.connection, [...(sent.get(entry.connection) ?? []), text]);
  };
  for (const entry of feed.entries.slice(start + 1)) {
    const isAfter = reply && entry.id > reply.id;
    if (!isAfter && entry.kind === "post") await add(entry);
    if (!isAfter && entry.kind === "event") overlaps = true;
    // The reply of a two-way route follows the function's.
    if (isAfter && entry.kind === "out" && entry.connection === event.connection) {
      await add(entry);
      break;
    }
    if (isAfter && (entry.connection === event.connection || entry.id > reply.id + 50)) break;
  }
  return { sent, overlaps };
}

// The clients of the test, in the order in which they connected: the event's, and all that got a message.
async function theClients(event, sent, feed, names, whole) {
  const taken = new Set();
  const made = [];
  for (const id of new Set([event.connection, ...sent.keys()])) {
    const open = feed.entries.find((entry) => entry.kind === "event" && entry.route === "$connect" && entry.connection === id);
    const isOwn = event.route === "$connect" && id === event.connection;
    const known = isOwn ? event : open;
    const payload = known && JSON.parse((await whole(known)).text);
    made.push({ id, user: names.facts(id).user, isUnknown: !payload, ...fromHandshake(payload), order: known?.id ?? -1 });
  }
  made.sort((a, b) => a.order - b.order);
  for (const [index, client] of made.entries()) {
    const base = (client.user ?? "").toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^[0-9_]+|_+$/g, "");
    let name = !base || RESERVED.has(base) ? `client_${index + 1}` : base;
    for (let n = 2; taken.has(name); n++) name = `${base || "client"}_${n}`;
    taken.add(name);
    client.name = client.variable = name;
  }
  return made;
}

function fromHandshake(payload) {
  if (!payload) return { query: "", headers: [], connectedAt: 0 };
  const { multiValueQueryStringParameters: query, multiValueHeaders, headers, requestContext } = payload;
  const pairs = Object.entries(query ?? {}).flatMap(([name, values]) => [values].flat().map((value) => `${encode(name)}=${encode(value)}`));
  const all = Object.entries(multiValueHeaders ?? headers ?? {}).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  // The page that `lift dev` serves is no other origin.
  const [, host] = all.find(([name]) => /^host$/i.test(name)) ?? [];
  const isOwnPage = ([name, value]) => /^origin$/i.test(name) && value === `http://${host}`;
  return {
    query: pairs.join("&"),
    headers: all.filter((header) => !USUAL_HEADERS.test(header[0]) && !isOwnPage(header)),
    subprotocols: all.filter(([name]) => /^sec-websocket-protocol$/i.test(name)).flatMap(([, value]) => value.split(/,\s*/)),
    authorizer: requestContext.authorizer,
    connectedAt: requestContext.connectedAt,
  };
}

// The mask stays readable, so that it is found and filled in.
function encode(text) {
  return encodeURIComponent(text).replaceAll(encodeURIComponent(MASK), MASK);
}

function handshake({ name, query, headers, subprotocols = [], authorizer }) {
  const parts = [`kit.client(${literal(name)})`];
  if (query) parts.push(`.query(${literal(query)})`);
  for (const [header, value] of headers) parts.push(`.header(${literal(header)}, ${literal(value)})`);
  if (subprotocols.length) parts.push(`.subprotocols(&[${subprotocols.map(literal).join(", ")}])`);
  if (authorizer) {
    const { integrationLatency, ...context } = authorizer;
    parts.push(`.authorizer(serde_json::from_str::<serde_json::Value>(${literal(JSON.stringify(context))}).unwrap())`);
  }
  return `${parts.join("")}.connect().await`;
}

function message({ variable }, { body }) {
  return `${variable}.send(${literal(body ?? "")}).await;`;
}

function closing({ variable }, { requestContext: { disconnectStatusCode: code, disconnectReason: reason } }) {
  return `${variable}.close_with(${code ?? 1005}, ${literal(reason ?? "")}).await;`;
}

function subprotocol(reply) {
  try {
    const { headers } = JSON.parse(reply.text);
    const name = Object.keys(headers ?? {}).find((name) => /^sec-websocket-protocol$/i.test(name));
    return name ? `, ${headers[name]}` : "";
  } catch {
    return "";
  }
}

// Replaces what differs in each run, as the kit's conversation does: ids of connections by names, and times
// within the life of the connections. A time in the client's own message stays.
function normalizer(clients, [from, to], message) {
  const isTime = (number) => (number >= from && number <= to)
    || (number >= Math.floor(from / 1000) && number <= Math.ceil(to / 1000));
  const own = new Set(message.match(/\d+/g));
  return (text) => {
    let line = text.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
    for (const { id, name } of clients) line = line.replaceAll(id, name);
    return line.replace(/(?<![A-Za-z0-9.])(\d{9,})(\.\d+)?(?![A-Za-z0-9])/g, (all, whole) => (isTime(Number(whole)) && !own.has(whole) ? "<time>" : all));
  };
}

// A string in Rust.
function literal(text) {
  if (!/["\\\n]/.test(text)) return `"${text}"`;
  let signs = "#";
  while (text.includes(`"${signs}`)) signs += "#";
  return `r${signs}"${text}"${signs}`;
}
