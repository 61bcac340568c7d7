// The open connections: fetched after connects and disconnects, searched here; one can be selected.

import { get } from "./api.js";
import { List } from "./list.js";
import { age, avatar, drawAvatar, element, notify } from "./format.js";

// The delay of a fetch after a connect or disconnect, because many come at once.
const REFRESH_DELAY_MS = 500;
const REFRESH_MS = 10_000;

export class Connections extends EventTarget {
  constructor(feed, names) {
    super();
    Object.assign(this, { feed, names });
    this.all = [];
    this.byId = new Map();
    this.text = "";
    // Of the connections in the list: a function that selects them, or nothing.
    this.of = undefined;
    this.selected = undefined;
    this.list = new List(document.querySelector("#connections"), {
      height: 46,
      key: (connection) => connection.id,
      make: () => makeRow(),
      draw: (row, connection) => draw(row, connection),
    });
  }

  start() {
    this.list.addEventListener("choose", ({ detail }) => this.select(detail?.id));
    document.querySelector("#connection-search").addEventListener("input", ({ target }) => {
      this.text = target.value.trim().toLowerCase();
      this.show();
    });
    this.feed.addEventListener("entries", ({ detail }) => {
      this.names.read(detail);
      if (detail.some(({ kind }) => kind === "open" || kind === "close")) this.plan(REFRESH_DELAY_MS);
    });
    this.feed.addEventListener("hello", () => this.plan(0));
    document.addEventListener("visibilitychange", () => this.plan(0));
    // The ages in the list.
    setInterval(() => document.hidden || this.list.plan(), 1000);
  }

  plan(wait) {
    const due = performance.now() + wait;
    if (this.due !== undefined && this.due <= due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.fetch(), wait);
  }

  async fetch() {
    // One request at a time.
    this.due = 0;
    let next = REFRESH_MS;
    try {
      if (!document.hidden) {
        const { connections, unread } = await get("connections");
        this.all = connections;
        this.byId = new Map(connections.map((connection) => [connection.id, connection]));
        for (const { id, user, tenant, since } of connections) {
          this.names.learn(id, user ? { user, tenant, since } : { since });
        }
        this.unread = unread;
        if (unread) next = REFRESH_DELAY_MS;
        this.show();
        this.dispatchEvent(new Event("change"));
      }
    } catch {
      // The state of the feed shows it already.
    }
    this.due = undefined;
    this.plan(next);
  }

  show() {
    const has = (part) => part?.toLowerCase().includes(this.text);
    const some = this.of ? this.all.filter(this.of) : this.all;
    const found = this.text
      ? some.filter(({ id, user, tenant, ip }) => [id, user, tenant, ip].some(has))
      : some;
    this.list.show(found);
    const { length } = this.all;
    document.querySelector("#open-count").textContent =
      found.length === length ? length.toLocaleString("en") : `${found.length.toLocaleString("en")} of ${length.toLocaleString("en")}`;
    const empty = document.querySelector("#connections-empty");
    empty.hidden = found.length > 0;
    empty.textContent = length ? "No connection matches." : "No client is connected.";
  }

  // Lists only the connections that `of` selects, or all.
  restrict(of) {
    this.of = of;
    this.show();
  }

  // Selects one connection, or none. It stays selected when it closes, so that its entries can be read.
  select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.list.mark(id);
    this.dispatchEvent(new CustomEvent("select", { detail: id }));
  }

  isOpen(id) {
    return this.byId.has(id);
  }

  // The newest open connection of the same user, of one that is closed.
  successor(id) {
    const { user, tenant } = this.names.facts(id);
    if (!user || this.isOpen(id)) return undefined;
    return this.all.findLast((other) => other.user === user && (other.tenant ?? undefined) === (tenant ?? undefined));
  }

  async details(id) {
    try {
      return await get(`connections/${encodeURIComponent(id)}`);
    } catch (error) {
      if (this.isOpen(id)) notify(error.message, true);
      return undefined;
    }
  }
}

function makeRow() {
  const first = element("span", "first", element("b"), element("span", "tenant"));
  const second = element("span", "second", element("code"), element("span", "ip"), element("span", "age"));
  return element("div", "", avatar(), first, second);
}

function draw(row, { id, user, tenant, ip, since }) {
  const [image, first, second] = row.children;
  drawAvatar(image, user ?? "?");
  first.children[0].textContent = user ?? "no user";
  first.children[0].classList.toggle("no-user", !user);
  first.children[1].textContent = tenant ?? "";
  second.children[0].textContent = id;
  second.children[0].title = id;
  second.children[1].textContent = ip;
  second.children[2].textContent = age(since);
}
