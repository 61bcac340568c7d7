// The right side: one entry with its whole payload and its actions, or one connection.

import { get } from "./api.js";
import { copy, asTest } from "./copy.js";
import { payload, pretty, isJson } from "./json.js";
import { waterfall } from "./waterfall.js";
import { routeOf } from "./filters.js";
import { age, button, bytes, clock, element, span } from "./format.js";

const TITLES = {
  open: "Connected", refused: "Refused", close: "Closed", in: "Received from the client", event: "Event",
  reply: "Reply of the function", out: "Sent to the client", error: "Error frame", failed: "Failed", post: "Posted",
  call: "Call of @connections", log: "Log",
};

export class Details extends EventTarget {
  constructor(feed, connections, names, replay) {
    super();
    Object.assign(this, { feed, connections, names, replay });
    this.box = document.querySelector("#details");
    this.request = 0;
    this.nothing();
  }

  nothing() {
    this.request++;
    const key = (name) => element("kbd", "", name);
    this.box.replaceChildren(element("div", "empty",
      element("p", "", "Select an entry to see its payload and timing, or a connection to see its actions."),
      element("p", "", key("/"), " search  ", key("↑"), " ", key("↓"), " move  ", key("Enter"), " details  ", key("Esc"), " back")));
  }

  async entry(entry) {
    const request = ++this.request;
    this.draw(entry, entry.cut);
    if (!entry.cut) return;
    try {
      const whole = await get(`entries/${entry.id}`);
      if (request === this.request) this.draw(whole, false);
    } catch (error) {
      if (request === this.request) this.box.append(element("p", "failed", error.message));
    }
  }

  draw(entry, isCut) {
    const title = element("h2", entry.failed ? "failed" : "", TITLES[entry.kind]);
    if (routeOf(entry)) title.append(" ", element("code", "", routeOf(entry)));
    const head = element("header", "", title, properties(this.properties(entry)));
    const parts = [head, this.actions(entry)];
    const bars = waterfall(this.feed, entry, (other) => this.choose(other));
    if (bars) parts.push(element("h3", "", "Timing"), bars);
    const { body, headers } = isCut ? {} : inside(entry);
    if (body) parts.push(element("h3", "", entry.kind === "event" ? "Message" : "Body"), payload(body));
    if (headers) parts.push(element("h3", "", "Headers"), properties(headers));
    if (entry.text) parts.push(element("h3", "", body || headers ? `Whole ${entry.kind}` : "Payload"), payload(entry.text));
    if (isCut) parts.push(element("p", "hint", "The rest is loading."));
    this.box.replaceChildren(...parts);
  }

  properties(entry) {
    const who = entry.connection && button(this.names.of(entry.connection), "link", () => this.connections.select(entry.connection));
    const pair = entry.event != null && this.feed.get(entry.event);
    return [
      ["Time", clock(entry.at)],
      ["Connection", who],
      ["Id", entry.connection && element("code", "", entry.connection)],
      [entry.kind === "close" ? "Close code" : "Status", entry.code ?? undefined],
      ["Took", entry.took == null ? undefined : span(entry.took)],
      ["Size", entry.bytes ? bytes(entry.bytes) : undefined],
      ["Note", entry.note ?? undefined],
      ["Event", pair ? button("Show the event", "link", () => this.choose(pair)) : undefined],
    ];
  }

  actions(entry) {
    const actions = element("p", "actions");
    const event = entry.kind === "event" ? entry.id : entry.kind === "reply" ? entry.event : undefined;
    if (event != null && entry.route) {
      actions.append(
        button("Replay", "primary", () => this.replay.run(event)),
        button("Edit and replay", "", () => this.replay.edit(event)),
      );
    }
    if (entry.text) {
      actions.append(button("Copy JSON", "", () => this.copied(entry, (text) => isJson(text) ? pretty(text) : text)));
    }
    if (entry.kind === "event") {
      actions.append(button("Copy as a test", "", () => this.copied(entry, (text) => asTest(text, entry, this.replyTo(entry)))));
    }
    return actions;
  }

  async copied(entry, write) {
    // The server has the whole payload of a cut entry.
    await copy(async () => write((entry.cut ? await get(`entries/${entry.id}`) : entry).text));
  }

  replyTo(event) {
    return this.feed.entries.findLast((entry) => entry.kind === "reply" && entry.event === event.id);
  }

  choose(entry) {
    this.dispatchEvent(new CustomEvent("choose", { detail: entry }));
  }

  async connection(id) {
    const request = ++this.request;
    const found = await this.connections.details(id);
    if (request !== this.request) return;
    if (!found) {
      const title = element("h2", "", this.names.of(id));
      this.box.replaceChildren(element("header", "", title, properties([["Id", element("code", "", id)]])),
        element("p", "hint", "This connection is closed. Its entries are in the timeline."));
      return;
    }
    const { row, items, authorizer } = found;
    const title = element("h2", "", row?.user ?? "Connection");
    const head = element("header", "", title, properties([
      ["User", row?.user ?? "none"],
      ["Tenant", row?.tenant ?? "none"],
      ["Id", element("code", "", found.id)],
      ["Address", found.ip],
      ["Client", found.userAgent ?? "no user agent"],
      ["Host", found.host],
      ["Connected", `${clock(found.since)}, ${age(found.since)} ago`],
      ["Last message", `${age(found.lastActive)} ago`],
    ]));
    const parts = [head];
    if (authorizer) parts.push(element("h3", "", "Authorizer's context"), payload(JSON.stringify(authorizer)));
    if (row) parts.push(element("h3", "", "Row"), payload(JSON.stringify(row)));
    else parts.push(element("p", "hint", found.managed ? "The store has no row of it." : "This app stores no connections."));
    if (items.length) parts.push(element("h3", "", `Items (${items.length})`), ...items.map((item) => payload(JSON.stringify(item))));
    this.box.replaceChildren(...parts);
  }
}

function properties(pairs) {
  const list = element("dl", "properties");
  for (const [name, value] of pairs) {
    if (value === undefined || value === false || value === null || value === "") continue;
    list.append(element("dt", "", name), element("dd", "", value instanceof Node ? value : String(value)));
  }
  return list;
}

// The message of an event, its headers, the body of a reply.
function inside({ kind, text }) {
  if (kind !== "event" && kind !== "reply") return {};
  try {
    const { body, headers } = JSON.parse(text);
    return { body: typeof body === "string" ? body : undefined, headers: headers && Object.entries(headers) };
  } catch {
    return {};
  }
}
