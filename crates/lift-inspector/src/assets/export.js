// Saves what the timeline shows as a recording, which `lift replay` reads. The server writes it, and masks
// secrets in it as in the page.

import { download } from "./api.js";
import { notify } from "./format.js";

export function start(feed, timeline) {
  document.querySelector("#export").addEventListener("click", async () => {
    const entries = new Set(timeline.shown.map(({ id }) => id));
    // An event without its reply, or the other way round, cannot be replayed.
    for (const { id, kind, event } of feed.entries) {
      if (kind !== "reply" || event == null) continue;
      if (entries.has(event)) entries.add(id);
      else if (entries.has(id) && feed.get(event)) entries.add(event);
    }
    if (!entries.size) return notify("Nothing is shown, so there is nothing to export", true);
    try {
      const file = await download("recording", { entries: [...entries] });
      const text = await file.text();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = `lift-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.jsonl`;
      link.click();
      URL.revokeObjectURL(link.href);
      const lines = text.trimEnd().split("\n").length - 1;
      notify(`Exported ${lines.toLocaleString("en")} lines${text.includes("•••") ? "; secrets are masked as •••" : ""}`);
    } catch (error) {
      notify(error.message, true);
    }
  });
}
