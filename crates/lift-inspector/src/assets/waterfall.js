// The time around an event as bars on one scale: the message before it, the function's time, and the
// posts during it, also those of other events.

import { element, span } from "./format.js";

const MAX_ROWS = 30;

export function waterfall(feed, entry, choose) {
  const event = entry.kind === "event" ? entry : entry.kind === "reply" && feed.get(entry.event);
  if (!event) return undefined;
  const start = feed.indexOf(event.id);
  if (start < 0) return undefined;
  const rows = [];
  for (let i = start - 1; i >= 0 && i > start - 200; i--) {
    const before = feed.entries[i];
    if (before.connection !== event.connection) continue;
    if (before.kind === "in") rows.push(before);
    break;
  }
  rows.push(event);
  let reply;
  for (let i = start + 1; i < feed.entries.length && !reply && rows.length < MAX_ROWS; i++) {
    const next = feed.entries[i];
    const isOwn = next.event === event.id;
    if (isOwn && next.kind === "reply") reply = next;
    else if (next.kind === "post" || next.kind === "call" || (isOwn && next.kind === "log")) rows.push(next);
  }
  if (!reply) return element("p", "hint", "There is no reply yet.");
  rows.push(reply);
  const from = rows[0].at;
  const whole = Math.max(reply.at - from, 0.1);
  const list = element("ol", "waterfall");
  for (const row of rows) {
    const offset = Math.max(0, row.at - from);
    const length = row === event ? reply.took : 0;
    const bar = element("i", row.kind);
    bar.style.left = `${Math.min(99, (offset / whole) * 100)}%`;
    bar.style.width = `${Math.min(100 - (offset / whole) * 100, (length / whole) * 100)}%`;
    const label = element("button", "link", row.kind);
    label.type = "button";
    label.addEventListener("click", () => choose(row));
    const time = row === event ? span(reply.took) : `+${span(offset)}`;
    list.append(element("li", "", label, element("span", "track", bar), element("span", "time", time)));
  }
  return list;
}
