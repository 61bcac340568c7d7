// The entries from the server, in a bounded buffer that keeps the newest. Reports new entries, dropped
// entries and the state of the connection.

// As many as the server keeps.
export const MAX_ENTRIES = 10_000;

export class Feed extends EventTarget {
  constructor() {
    super();
    this.entries = [];
    // Entries that are no longer in the buffer, or never were.
    this.dropped = 0;
    this.run = undefined;
    // Whether the user has removed the entries.
    this.cleared = false;
  }

  connect() {
    const source = new EventSource("/_lift/feed");
    source.addEventListener("hello", ({ data }) => this.hello(JSON.parse(data)));
    source.addEventListener("entries", ({ data }) => this.add(JSON.parse(data)));
    source.addEventListener("open", () => this.say("state", "live"));
    source.addEventListener("error", () => {
      this.say("state", "away");
      // A refusal ends a feed. After a restart of Lift it reconnects.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), 2000);
    });
  }

  hello({ run, next, ...more }) {
    if (this.run !== undefined && this.run !== run) this.clear();
    // Entries from before this page was opened.
    if (this.run !== run) [this.dropped, this.cleared] = [next, false];
    this.run = run;
    this.say("hello", more);
  }

  add({ missed, entries }) {
    this.dropped += missed;
    this.entries.push(...entries);
    const over = this.entries.length - MAX_ENTRIES;
    if (over > 0) {
      this.entries.splice(0, over);
      this.dropped += over;
    }
    this.say("entries", entries);
  }

  clear() {
    this.entries = [];
    this.dropped = 0;
    this.cleared = true;
    this.say("clear");
  }

  // The entry with this id, if it is in the buffer. The buffer is sorted by id.
  get(id) {
    return this.entries[this.indexOf(id)];
  }

  indexOf(id) {
    let low = 0;
    let high = this.entries.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.entries[middle].id;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
