// A JSON message on one line, with the fields first that differ between messages of its kind: in a chat the
// text, not the `type` and the room that all messages have.

// Of this many shapes of messages it is known which fields differ.
const SHAPES = 200;

// A longer message is shown as it is.
const MAX_CHARACTERS = 2048;

// Numbers above this are times or ids: they differ always, and tell little.
const LARGE = 1e9;

export class Compact {
  constructor() {
    this.shapes = new Map();
  }

  // Learns from a message which fields differ.
  learn(text) {
    const fields = object(text);
    if (!fields) return;
    const names = Object.keys(fields);
    const shape = names.join("\n");
    let known = this.shapes.get(shape);
    if (!known) {
      if (this.shapes.size >= SHAPES) return;
      known = { last: {}, changes: Object.fromEntries(names.map((name) => [name, 0])) };
      this.shapes.set(shape, known);
    }
    for (const name of names) {
      const value = JSON.stringify(fields[name]);
      if (known.last[name] !== undefined && known.last[name] !== value) known.changes[name]++;
      known.last[name] = value;
    }
  }

  // The message on a line, without the field that only repeats the route, or `undefined` if it is no object.
  line(text, route) {
    const fields = object(text);
    if (!fields) return undefined;
    const changes = this.shapes.get(Object.keys(fields).join("\n"))?.changes ?? {};
    const weight = ([name, value]) => (Math.abs(value) > LARGE ? -1 : changes[name] ?? 0);
    return Object.entries(fields)
      .filter(([, value]) => value !== route)
      .sort((a, b) => weight(b) - weight(a))
      .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join("  ");
  }
}

function object(text) {
  if (text[0] !== "{" || text.length > MAX_CHARACTERS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
