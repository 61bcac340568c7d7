// The filters of the timeline: kinds, a route, errors, a text, one connection.

export const KINDS = [
  { name: "Connections", kinds: ["open", "refused", "close"] },
  { name: "Received", kinds: ["in"] },
  { name: "Events", kinds: ["event"] },
  { name: "Replies", kinds: ["reply"] },
  { name: "Sent", kinds: ["out", "error", "failed"] },
  { name: "Posts", kinds: ["post", "call"] },
  { name: "Logs", kinds: ["log"] },
];

// The route of an entry, for display.
export function routeOf({ kind, route }) {
  return route ?? (kind === "event" || kind === "reply" ? "authorizer" : "");
}

export class Filters extends EventTarget {
  constructor() {
    super();
    this.hidden = new Set();
    this.route = "";
    this.errors = false;
    this.text = "";
    this.connection = undefined;
    this.routes = new Set();
  }

  start() {
    const chips = document.querySelector("#chips");
    for (const { name, kinds } of KINDS) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = `toggle chip ${kinds[0]}`;
      chip.textContent = name;
      chip.setAttribute("aria-pressed", "true");
      chip.addEventListener("click", () => {
        const on = chip.getAttribute("aria-pressed") !== "true";
        chip.setAttribute("aria-pressed", String(on));
        for (const kind of kinds) this.hidden[on ? "delete" : "add"](kind);
        this.changed();
      });
      chips.append(chip);
    }
    this.only = document.createElement("button");
    Object.assign(this.only, { type: "button", className: "only", hidden: true });
    this.only.addEventListener("click", () => this.dispatchEvent(new Event("release")));
    chips.prepend(this.only);

    const errors = document.querySelector("#errors");
    errors.addEventListener("click", () => {
      this.errors = !this.errors;
      errors.setAttribute("aria-pressed", String(this.errors));
      this.changed();
    });
    document.querySelector("#route").addEventListener("change", ({ target }) => {
      this.route = target.value;
      this.changed();
    });
    document.querySelector("#search").addEventListener("input", ({ target }) => {
      this.text = target.value.trim().toLowerCase();
      this.changed();
    });
  }

  // Shows only one connection, or all.
  restrict(connection, label) {
    this.connection = connection;
    this.only.hidden = !connection;
    this.only.textContent = connection ? `Only ${label}  ✕` : "";
    this.only.setAttribute("aria-label", `Show all connections, not only ${label}`);
    this.changed();
  }

  // Collects the routes of new entries for the selection.
  learn(entries) {
    for (const { route } of entries) {
      // Clients choose route keys, so the list is limited.
      if (!route || this.routes.has(route) || this.routes.size >= 200) continue;
      this.routes.add(route);
      const option = document.createElement("option");
      option.value = option.textContent = route;
      document.querySelector("#route").append(option);
    }
  }

  matches(entry) {
    return !this.hidden.has(entry.kind)
      && (!this.errors || entry.failed)
      && (!this.route || entry.route === this.route)
      && (!this.connection || entry.connection === this.connection)
      && (!this.text || this.contains(entry));
  }

  contains({ text, summary, note, connection, route, error, code }) {
    return [text, summary, note, connection, route, error?.code, error?.message, code?.toString()].some((part) => part?.toLowerCase().includes(this.text));
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
