// The timeline: the entries that match the filters, the newest last.

import { Compact } from "./compact.js";
import { routeOf } from "./filters.js";
import { List } from "./list.js";
import { bytes, clock, element, span } from "./format.js";

// Of a batch, at most so many messages teach which fields differ.
const LESSONS = 50;

// The kinds of entries that are messages: without a text, they are empty messages.
const MESSAGES = new Set(["in", "post", "out"]);

export class Timeline {
  constructor(feed, filters, names) {
    Object.assign(this, { feed, filters, names });
    this.compact = new Compact();
    this.shown = [];
    this.waiting = 0;
    this.paused = false;
    // The entry to show as soon as it is in the list.
    this.expected = undefined;
    this.list = new List(document.querySelector("#timeline"), {
      height: 30,
      key: (entry) => entry.id,
      make: () => makeRow(),
      draw: (row, entry) => this.draw(row, entry),
    });
    this.list.canFollow = true;
    this.list.following = true;
  }

  start() {
    this.feed.addEventListener("entries", ({ detail }) => this.add(detail));
    this.feed.addEventListener("clear", () => this.refill());
    this.filters.addEventListener("change", () => this.refill());
    this.pause = document.querySelector("#pause");
    this.pause.addEventListener("click", () => this.setPaused(!this.paused));
    document.querySelector("#clear").addEventListener("click", () => this.feed.clear());
    const follow = document.querySelector("#follow");
    follow.addEventListener("click", () => this.list.follow(true));
    this.list.addEventListener("follow", () => { follow.disabled = this.list.following; });
    this.sayCounts();
  }

  add(entries) {
    this.filters.learn(entries);
    entries.filter(({ kind }) => MESSAGES.has(kind)).slice(0, LESSONS).forEach(({ text }) => this.compact.learn(text));
    if (this.paused) {
      this.waiting += entries.length;
      this.pause.textContent = `Resume (${this.waiting.toLocaleString("en")})`;
      return;
    }
    for (const entry of entries) if (this.filters.matches(entry)) this.shown.push(entry);
    const oldest = this.feed.entries[0]?.id ?? 0;
    let gone = 0;
    while (gone < this.shown.length && this.shown[gone].id < oldest) gone++;
    if (gone) this.shown.splice(0, gone);
    this.list.show(this.shown, gone);
    this.sayCounts();
    if (this.expected !== undefined && entries.at(-1)?.id >= this.expected) this.reveal(this.expected);
  }

  // Selects an entry and scrolls to it, now or when it arrives.
  reveal(id) {
    this.list.mark(id);
    this.list.follow(false);
    const index = this.list.indexOf(id);
    if (index >= 0) this.list.reveal(index);
    const isComing = !this.feed.entries.length || this.feed.entries.at(-1).id < id;
    this.expected = index < 0 && isComing ? id : undefined;
  }

  // Starts again from the buffer.
  refill() {
    if (this.paused) return this.setPaused(false);
    this.shown = this.feed.entries.filter((entry) => this.filters.matches(entry));
    this.list.show(this.shown);
    this.sayCounts();
    // What is selected stays in sight when a filter changes.
    const index = this.list.following ? -1 : this.list.indexOf(this.list.selected);
    if (index >= 0) this.list.reveal(index);
  }

  setPaused(paused) {
    this.paused = paused;
    this.waiting = 0;
    this.pause.textContent = paused ? "Resume" : "Pause";
    this.pause.setAttribute("aria-pressed", String(paused));
    if (!paused) this.refill();
  }

  sayCounts() {
    const { feed, shown } = this;
    const [some, all] = [shown.length, feed.entries.length].map((number) => number.toLocaleString("en"));
    document.querySelector("#shown").textContent = some === all ? "" : `${some} of `;
    document.querySelector("#kept").textContent = all;
    const empty = document.querySelector("#timeline-empty");
    empty.hidden = shown.length > 0;
    if (feed.entries.length) empty.textContent = "Nothing passes the filters.";
    else if (feed.cleared) empty.textContent = "Cleared. What happens from now on appears here.";
    else empty.textContent = "Nothing has happened yet. Connect a client, and every frame, event, reply and post appears here.";
  }

  draw(row, entry) {
    const [time, kind, who, what, result] = row.children;
    row.dataset.kind = entry.kind;
    row.classList.toggle("failed", entry.failed);
    const at = clock(entry.at);
    time.children[0].textContent = at.slice(0, 3);
    time.children[1].textContent = at.slice(3);
    kind.textContent = entry.kind;
    who.textContent = this.names.of(entry.connection);
    who.title = entry.connection ?? "";
    what.children[0].textContent = routeOf(entry);
    const isEmpty = entry.bytes === 0 && MESSAGES.has(entry.kind);
    what.children[1].textContent = isEmpty ? "empty message" : this.line(entry);
    what.children[1].classList.toggle("none", isEmpty);
    const took = entry.took == null ? (entry.bytes ? bytes(entry.bytes) : "") : span(entry.took);
    result.children[0].textContent = entry.error?.code ?? entry.code ?? "";
    result.children[0].classList.toggle("internal", Boolean(entry.error?.internal));
    result.children[0].title = entry.error ? `${internal(entry.error)}: ${entry.error.message}` : "";
    result.children[1].textContent = took;
    result.children[1].classList.toggle("slow", entry.took > 1000);
  }

  line(entry) {
    const { note, summary, text, kind, route, error } = entry;
    if (error) return error.message || note || summary;
    const message = MESSAGES.has(kind) ? text : summary;
    const line = message && this.compact.line(message, route);
    return [note, line ?? summary ?? text.slice(0, 300)].filter(Boolean).join("  ");
  }
}

function internal({ internal }) {
  return internal ? "Internal error" : "Error of the client";
}

function makeRow() {
  const cell = (name, ...children) => element("span", name, ...children);
  return element("div", "", cell("time", cell("wide"), cell("")), cell("kind"), cell("who"),
    cell("what", cell("route"), cell("text")), cell("result", cell("code"), cell("took")));
}
