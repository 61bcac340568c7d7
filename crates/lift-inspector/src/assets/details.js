// The right side: one entry with its whole payload and its actions, or one connection.

import { get } from "./api.js";
import { asTest } from "./as_test.js";
import { copy } from "./copy.js";
import { payload, pretty, isJson } from "./json.js";
import { waterfall } from "./waterfall.js";
import { routeOf } from "./filters.js";
import { age, ageOf, avatar, button, bytes, clock, drawAvatar, element, moveAges, span } from "./format.js";

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
    // What is shown: an entry, a connection, or nothing.
    this.entryShown = undefined;
    this.connectionShown = undefined;
    this.nothing();
  }

  start() {
    setInterval(() => document.hidden || moveAges(this.box), 1000);
    this.feed.addEventListener("entries", ({ detail }) => this.follow(detail));
    this.connections.addEventListener("change", () => this.refresh());
  }

  nothing() {
    this.show(undefined, undefined);
    const key = (name) => element("kbd", "", name);
    this.box.replaceChildren(element("div", "empty",
      element("p", "", "Select an entry to see its payload and timing, or a connection to see its actions."),
      element("p", "", key("/"), " search  ", key("↑"), " ", key("↓"), " move  ", key("Enter"), " details  ", key("Esc"), " back")));
  }

  show(entry, connection) {
    this.request++;
    this.entryShown = entry;
    this.connectionShown = connection;
    document.body.dataset.details = entry || connection ? "open" : "closed";
  }

  // What new entries change in what is shown: an event's reply, and a connection's age and end.
  follow(entries) {
    const { entryShown: entry, connectionShown: connection } = this;
    const isReply = ({ kind, event }) => kind === "reply" && event === entry?.id;
    if (entry?.kind === "event" && entries.some(isReply)) this.entry(entry);
    if (!connection) return;
    const own = entries.filter((other) => other.connection === connection);
    if (own.some(({ kind }) => kind === "close")) this.connection(connection);
    const last = own.findLast(({ kind }) => kind === "in" || kind === "post" || kind === "out");
    const shown = this.box.querySelector(".last-active");
    if (last && shown) shown.since = last.at;
  }

  // Whether the user of a closed connection is back.
  refresh() {
    const { connectionShown: connection } = this;
    if (!connection || this.connections.isOpen(connection)) return;
    const back = this.connections.successor(connection)?.id;
    if (back !== this.successorShown) this.connection(connection);
  }

  async entry(entry) {
    this.show(entry, undefined);
    const { request } = this;
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
    const reply = entry.kind === "event" && this.replyTo(entry);
    if (reply) parts.push(element("h3", "", "Reply"), payload(reply.text || reply.note || "empty"));
    if (headers) parts.push(element("h3", "", "Headers"), properties(headers));
    if (entry.text) parts.push(element("h3", "", body || headers ? `Whole ${entry.kind}` : "Payload"), payload(entry.text));
    else if (entry.bytes === 0 && ["in", "post", "out"].includes(entry.kind)) parts.push(element("p", "hint", "The message is empty."));
    if (isCut) parts.push(element("p", "hint", "The rest is loading."));
    this.box.replaceChildren(...parts);
  }

  properties(entry) {
    const who = entry.connection && button(this.names.of(entry.connection), "link", () => this.connections.select(entry.connection));
    const pair = entry.event != null && this.feed.get(entry.event);
    // An event has the error of its reply.
    const error = entry.error ?? (entry.kind === "event" ? this.replyTo(entry)?.error : undefined);
    return [
      ["Time", clock(entry.at)],
      ["Connection", who],
      ["Id", entry.connection && element("code", "", entry.connection)],
      ["Error", error && element("b", "failed", error.code)],
      ["Message", error?.message],
      ["At fault", error && (error.internal ? "the function: an internal error" : "the client")],
      [entry.kind === "close" ? "Close code" : error ? "Status for API Gateway" : "Status", entry.code ?? undefined],
      ["Took", entry.took == null ? undefined : span(entry.took)],
      ["Size", entry.bytes ? bytes(entry.bytes) : undefined],
      ["Note", entry.note ?? undefined],
      ["Event", pair ? button("Show the event", "link", () => this.choose(pair)) : undefined],
    ];
  }

  actions(entry) {
    const actions = element("p", "actions");
    const event = entry.kind === "event" ? entry : entry.kind === "reply" ? this.feed.get(entry.event) : undefined;
    // Events of an authorizer, of schedules and of queues are repeated by other ways.
    const isOfConnection = event?.route && event.connection;
    if (isOfConnection) {
      actions.append(
        button("Replay", "primary", () => this.replay.run(event.id)),
        button("Edit and replay", "", () => this.replay.edit(event.id)),
      );
    }
    if (entry.text) {
      actions.append(button("Copy JSON", "", () => copy(async () => {
        const { text } = await this.whole(entry);
        return isJson(text) ? pretty(text) : text;
      })));
    }
    if (isOfConnection) {
      actions.append(button("Copy as a test", "", () => copy(() => asTest(event, this.feed, this.names, (one) => this.whole(one)))));
    }
    return actions;
  }

  // The server has the whole payload of a cut entry.
  async whole(entry) {
    return entry.cut ? get(`entries/${entry.id}`) : entry;
  }

  replyTo(event) {
    return this.feed.entries.findLast((entry) => entry.kind === "reply" && entry.event === event.id);
  }

  choose(entry) {
    this.dispatchEvent(new CustomEvent("choose", { detail: entry }));
  }

  async connection(id) {
    this.show(undefined, id);
    const { request } = this;
    const found = await this.connections.details(id);
    if (request !== this.request) return;
    this.successorShown = this.connections.successor(id)?.id;
    if (found) this.open(found);
    else this.closed(id);
  }

  open({ id, ip, userAgent, host, since, lastActive, row, items, authorizer, managed }) {
    const last = ageOf(lastActive);
    last.classList.add("last-active");
    const head = this.head(row?.user ?? "Connection", row?.user, properties([
      ["User", row?.user ?? "none"],
      ["Tenant", row?.tenant ?? "none"],
      ["Id", element("code", "", id)],
      ["Address", ip],
      ["Client", userAgent ?? "no user agent"],
      ["Host", host],
      ["Connected", ageOf(since, `${clock(since)}, `)],
      ["Last message", last],
    ]));
    const parts = [head];
    if (authorizer) parts.push(element("h3", "", "Authorizer's context"), payload(JSON.stringify(authorizer)));
    if (row) parts.push(element("h3", "", "Row"), payload(JSON.stringify(row)));
    else parts.push(element("p", "hint", managed ? "The store has no row of it." : "This app stores no connections."));
    if (items.length) parts.push(element("h3", "", `Items (${items.length})`), ...items.map((item) => payload(JSON.stringify(item))));
    this.box.replaceChildren(...parts);
  }

  closed(id) {
    const { user, tenant, since, closed } = this.names.facts(id);
    const head = this.head(user ?? "Connection", user, properties([
      ["User", user],
      ["Tenant", tenant],
      ["Id", element("code", "", id)],
      ["Closed", closed ? ageOf(closed.at, `${clock(closed.at)}, `) : "yes"],
      ["Close code", closed && [closed.code, closed.reason].filter(Boolean).join(" ")],
      ["Was open for", closed && since && age(since, closed.at)],
    ]));
    head.querySelector("h2").append(element("span", "badge", "closed"));
    const back = this.connections.successor(id);
    const parts = [head, element("p", "hint", "This connection is closed. Its entries are in the timeline.")];
    if (back) {
      const link = button("show the new connection", "link", () => this.connections.select(back.id));
      parts.push(element("p", "hint", `${user} is connected again: `, link));
    }
    this.box.replaceChildren(...parts);
  }

  // A row of a table.
  row(table, row) {
    this.show({ kind: "row" }, undefined);
    this.box.replaceChildren(element("header", "", element("h2", "", "Row ", element("code", "", table))), payload(JSON.stringify(row)));
    this.dispatchEvent(new Event("row"));
  }

  head(name, user, facts) {
    const title = element("h2", "", element("span", "", name));
    if (user) {
      const image = avatar();
      drawAvatar(image, user);
      title.prepend(image);
    }
    return element("header", "", title, facts);
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
