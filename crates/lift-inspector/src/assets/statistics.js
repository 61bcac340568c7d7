// Rate, latency and errors by route, second by second, counted as entries arrive. A second costs the same,
// however many events it has: of the durations, a sample is kept.

export const SECONDS = 900;

// Of the durations of a route in a second, at most so many are kept.
const SAMPLE = 64;

// Clients choose route keys: after so many, the others are one.
const ROUTES = 8;
const OTHERS = "other routes";

export class Statistics {
  constructor(feed) {
    // By second since 1970: route -> what was counted.
    this.seconds = new Map();
    this.routes = [];
    feed.addEventListener("entries", ({ detail }) => this.add(detail));
    feed.addEventListener("clear", () => this.clear());
  }

  clear() {
    this.seconds.clear();
    this.routes = [];
  }

  add(entries) {
    for (const entry of entries) {
      // A reply ends an event; the others failed before or beside a function.
      if (entry.kind === "reply") this.count(entry.route ?? "authorizer", entry);
      else if (entry.kind === "failed" || entry.kind === "error") this.count("no route", entry);
    }
    const oldest = Math.floor(Date.now() / 1000) - SECONDS;
    for (const second of this.seconds.keys()) {
      if (second >= oldest) break;
      this.seconds.delete(second);
    }
  }

  count(route, { at, took, failed, kind }) {
    const name = this.nameOf(route);
    const second = Math.floor(at / 1000);
    let routes = this.seconds.get(second);
    if (!routes) this.seconds.set(second, routes = new Map());
    let found = routes.get(name);
    if (!found) routes.set(name, found = { events: 0, errors: 0, durations: [] });
    if (kind === "reply") found.events++;
    if (failed) found.errors++;
    if (took == null) return;
    if (found.durations.length < SAMPLE) found.durations.push(took);
    else found.durations[Math.floor(Math.random() * found.events)] = took;
    if (found.durations.length > SAMPLE) found.durations.length = SAMPLE;
  }

  nameOf(route) {
    if (this.routes.includes(route)) return route;
    if (this.routes.length < ROUTES) {
      this.routes.push(route);
      return route;
    }
    if (!this.routes.includes(OTHERS)) this.routes.push(OTHERS);
    return OTHERS;
  }

  // The points of the last seconds, `step` seconds each: times, and by route events and errors per second
  // and the 95th percentile of the durations.
  points(seconds, step, now = Date.now()) {
    const end = Math.floor(now / 1000 / step) * step;
    const times = [];
    const series = this.routes.map((route) => ({ route, events: [], errors: [], latency: [] }));
    for (let time = end - seconds; time < end; time += step) {
      times.push(time);
      for (const { route, events, errors, latency } of series) {
        const all = { events: 0, errors: 0, durations: [] };
        for (let second = time; second < time + step; second++) {
          const found = this.seconds.get(second)?.get(route);
          if (!found) continue;
          all.events += found.events;
          all.errors += found.errors;
          all.durations.push(...found.durations);
        }
        events.push(all.events / step);
        errors.push(all.errors / step);
        latency.push(percentile(all.durations, 0.95));
      }
    }
    return { times, series };
  }

  // One line for each route over the last seconds.
  totals(seconds, now = Date.now()) {
    const from = Math.floor(now / 1000) - seconds;
    return this.routes.map((route) => {
      const total = { route, events: 0, errors: 0, durations: [] };
      for (const [second, routes] of this.seconds) {
        const found = second >= from && routes.get(route);
        if (!found) continue;
        total.events += found.events;
        total.errors += found.errors;
        total.durations.push(...found.durations);
      }
      return { ...total, median: percentile(total.durations, 0.5), slow: percentile(total.durations, 0.95) };
    });
  }
}

function percentile(durations, part) {
  if (!durations.length) return null;
  const sorted = durations.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
