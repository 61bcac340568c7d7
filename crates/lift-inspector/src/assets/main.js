// The inspector's page. The feed brings entries; the lists show them; the details show the selected one,
// and the composer acts on it. Data from the wire becomes text, never markup.

import { Actions } from "./actions.js";
import { Connections, Names } from "./connections.js";
import { Details } from "./details.js";
import { Feed } from "./feed.js";
import { Filters } from "./filters.js";
import * as keys from "./keys.js";
import { Replay } from "./replay.js";
import * as theme from "./theme.js";
import { Timeline } from "./timeline.js";

const PHONE = matchMedia("(max-width: 860px)");

const feed = new Feed();
const filters = new Filters();
const names = new Names();
const replay = new Replay();
const connections = new Connections(feed, names);
const timeline = new Timeline(feed, filters, names);
const details = new Details(feed, connections, names, replay);
const actions = new Actions(connections, names);

function tab(name) {
  document.body.dataset.tab = name;
  for (const button of document.querySelectorAll(".tabs button")) {
    button.setAttribute("aria-current", String(button.dataset.tab === name));
  }
}

for (const button of document.querySelectorAll(".tabs button")) {
  button.addEventListener("click", () => tab(button.dataset.tab));
}

// ---- Selection ----

function showEntry(entry) {
  timeline.list.mark(entry.id);
  timeline.list.follow(false);
  details.entry(entry);
  if (PHONE.matches) tab("details");
}

timeline.list.addEventListener("choose", ({ detail }) => showEntry(detail));
details.addEventListener("choose", ({ detail }) => {
  const index = timeline.list.indexOf(detail.id);
  if (index >= 0) timeline.list.reveal(index);
  showEntry(detail);
});
replay.addEventListener("reply", ({ detail }) => showEntry(detail));

connections.addEventListener("select", ({ detail: id }) => {
  filters.restrict(id, names.of(id));
  timeline.list.mark(undefined);
  timeline.list.follow(true);
  if (id) details.connection(id);
  else details.nothing();
  if (PHONE.matches && id) tab("timeline");
});
// Names can arrive after the entries.
connections.addEventListener("change", () => {
  timeline.list.plan();
  const { selected } = connections;
  if (selected) filters.only.textContent = `Only ${names.of(selected)}  ✕`;
});
filters.addEventListener("release", () => connections.select(undefined));

// ---- Head ----

const count = (id, number) => { document.querySelector(id).textContent = number.toLocaleString("en"); };

function showCounts() {
  count("#kept", feed.entries.length);
  count("#dropped", feed.dropped);
  document.querySelector("#dropped-box").hidden = feed.dropped === 0;
}

let rate = 0;
// Past entries do not count for the rate.
let past = true;
feed.addEventListener("entries", ({ detail }) => {
  rate += past ? 0 : detail.length;
  showCounts();
});
feed.addEventListener("clear", showCounts);
setInterval(() => {
  count("#rate", rate);
  rate = 0;
  past = false;
}, 1000);

feed.addEventListener("state", ({ detail }) => {
  const state = document.querySelector("#state");
  state.dataset.state = detail;
  state.querySelector("span").textContent = detail === "live" ? "Live" : "Lift is not running";
});
feed.addEventListener("hello", ({ detail: { app } }) => {
  document.querySelector("#app").textContent = app;
  document.title = `${app} · Lift inspector`;
});

// ---- Start ----

theme.start();
tab("timeline");
filters.start();
replay.start();
connections.start();
timeline.start();
actions.start();
keys.listen({
  timeline,
  connections,
  details: details.box,
  back() {
    if (timeline.list.selected !== undefined) {
      timeline.list.mark(undefined);
      timeline.list.follow(true);
      if (connections.selected) details.connection(connections.selected);
      else details.nothing();
      if (PHONE.matches) tab("timeline");
    } else {
      connections.select(undefined);
    }
  },
});
feed.connect();
