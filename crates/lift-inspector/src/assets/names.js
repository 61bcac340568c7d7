// Who the clients of connections are, and how the connections ended: from the list of connections and from
// the entries, so that a closed connection still has a name.

// How many connections are remembered.
const LIMIT = 20_000;

export class Names {
  constructor() {
    this.known = new Map();
  }

  // Adds what is known of a connection: user, tenant, since, closed.
  learn(id, facts) {
    const known = this.known.get(id);
    if (known) return Object.assign(known, facts);
    if (this.known.size >= LIMIT) this.known.delete(this.known.keys().next().value);
    this.known.set(id, { ...facts });
  }

  // Takes the names and the ends of connections from entries.
  read(entries) {
    for (const entry of entries) {
      if (!entry.connection) continue;
      if (entry.user) this.learn(entry.connection, { user: entry.user, tenant: entry.tenant ?? undefined });
      if (entry.kind === "open") this.learn(entry.connection, { since: entry.at });
      else if (entry.kind === "close") {
        this.learn(entry.connection, { closed: { at: entry.at, code: entry.code, reason: entry.note } });
      }
    }
  }

  facts(id) {
    return this.known.get(id) ?? {};
  }

  // The user, or the beginning of the id.
  of(id) {
    return id ? this.known.get(id)?.user ?? id.slice(0, 8) : "";
  }
}
