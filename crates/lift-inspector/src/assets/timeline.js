// The timeline: the entries that match the filters, the newest last.

import { routeOf } from "./filters.js";
import { List } from "./list.js";
import { bytes, clock, element, span } from "./format.js";

export class Timeline {
  constructor(feed, filters, names) {
    Object.assign(this, { feed, filters, names });
    this.shown = [];
    this.waiting = 0;
    this.paused = false;
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
    this.list.addEventListener("follow", () => { follow.hidden = this.list.following; });
    this.sayEmpty();
  }

  add(entries) {
    this.filters.learn(entries);
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
    this.sayEmpty();
  }

  // Starts again from the buffer.
  refill() {
    if (this.paused) return this.setPaused(false);
    this.shown = this.feed.entries.filter((entry) => this.filters.matches(entry));
    this.list.show(this.shown);
    this.sayEmpty();
  }

  setPaused(paused) {
    this.paused = paused;
    this.waiting = 0;
    this.pause.textContent = paused ? "Resume" : "Pause";
    this.pause.setAttribute("aria-pressed", String(paused));
    if (!paused) this.refill();
  }

  sayEmpty() {
    const empty = document.querySelector("#timeline-empty");
    empty.hidden = this.shown.length > 0;
    empty.textContent = this.feed.entries.length
      ? "Nothing passes the filters."
      : "Nothing has happened yet. Connect a client, and every frame, event, reply and post appears here.";
  }

  draw(row, entry) {
    const [time, kind, who, what, result] = row.children;
    row.dataset.kind = entry.kind;
    row.classList.toggle("failed", entry.failed);
    time.textContent = clock(entry.at);
    kind.textContent = entry.kind;
    who.textContent = this.names.of(entry.connection);
    who.title = entry.connection ?? "";
    what.children[0].textContent = routeOf(entry);
    what.children[1].textContent = [entry.note, entry.summary ?? entry.text.slice(0, 300)].filter(Boolean).join("  ");
    const took = entry.took == null ? (entry.bytes ? bytes(entry.bytes) : "") : span(entry.took);
    result.children[0].textContent = entry.code ?? "";
    result.children[1].textContent = took;
    result.children[1].classList.toggle("slow", entry.took > 1000);
  }
}

function makeRow() {
  const cell = (name, ...children) => element("span", name, ...children);
  return element("div", "", cell("time"), cell("kind"), cell("who"),
    cell("what", cell("route"), cell("text")), cell("result", cell("code"), cell("took")));
}
