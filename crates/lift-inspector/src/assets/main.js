// The inspector's page. The feed brings entries; the lists show them; the details show the selected one,
// and the composer acts on it. Data from the wire becomes text, never markup.

import { Charts } from "./charts.js";
import { Clients } from "./clients.js";
import { Composer } from "./composer.js";
import { Connections } from "./connections.js";
import { Details } from "./details.js";
import { Feed } from "./feed.js";
import { Filters } from "./filters.js";
import { copy } from "./copy.js";
import * as recording from "./export.js";
import { SCHEME } from "./format.js";
import * as keys from "./keys.js";
import { Lists } from "./lists.js";
import { Names } from "./names.js";
import { Replay } from "./replay.js";
import { Statistics } from "./statistics.js";
import { Tables } from "./tables.js";
import * as theme from "./theme.js";
import { Timeline } from "./timeline.js";
import { PHONE, Views } from "./views.js";

const views = new Views();
const feed = new Feed();
const filters = new Filters();
const names = new Names();
const replay = new Replay();
const connections = new Connections(feed, names);
const timeline = new Timeline(feed, filters, names);
const details = new Details(feed, connections, names, replay);
const composer = new Composer(connections, names);
const lists = new Lists(connections, composer);
const clients = new Clients(feed, connections);
const charts = new Charts(new Statistics(feed), views);
const tables = new Tables(views, details);

// ---- Selection ----

function showEntry(entry) {
  timeline.reveal(entry.id);
  details.entry(entry);
  if (PHONE.matches) views.show("details");
}

timeline.list.addEventListener("choose", ({ detail }) => showEntry(detail));
details.addEventListener("choose", ({ detail }) => showEntry(detail));
// The replayed event is what is selected: it has the reply beside it, and the same actions again.
details.addEventListener("row", () => PHONE.matches && views.show("details"));
replay.addEventListener("done", ({ detail: event }) => showEntry(event));

connections.addEventListener("select", ({ detail: id }) => {
  filters.restrict(id, names.of(id));
  timeline.list.mark(undefined);
  timeline.list.follow(true);
  if (id) details.connection(id);
  else details.nothing();
  if (id) views.show("timeline");
});
// Names can arrive after the entries.
connections.addEventListener("change", () => {
  timeline.list.plan();
  const { selected } = connections;
  if (selected) filters.only.textContent = `Only ${names.of(selected)}  ✕`;
});
filters.addEventListener("release", () => connections.select(undefined));

function back() {
  if (timeline.list.selected !== undefined) {
    timeline.list.mark(undefined);
    if (connections.selected) details.connection(connections.selected);
    else details.nothing();
    if (PHONE.matches) views.show("timeline");
  } else {
    connections.select(undefined);
  }
}
document.querySelector("#close-details").addEventListener("click", () => {
  timeline.list.mark(undefined);
  details.nothing();
  if (PHONE.matches) views.show("timeline");
  document.querySelector("#timeline").focus();
});

// ---- Head and the line below the view ----

const count = (id, number) => { document.querySelector(id).textContent = number.toLocaleString("en"); };

function showDropped() {
  count("#dropped", feed.dropped);
  document.querySelector("#dropped-box").hidden = feed.dropped === 0;
}

let rate = 0;
// Past entries do not count for the rate.
let past = true;
feed.addEventListener("entries", ({ detail }) => {
  rate += past ? 0 : detail.length;
  showDropped();
});
feed.addEventListener("clear", showDropped);
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
const address = document.querySelector("#address");
feed.addEventListener("hello", ({ detail: { app, stage } }) => {
  document.querySelector("#app").textContent = app;
  document.title = `${app} · Lift inspector`;
  address.hidden = !stage;
  address.querySelector("code").textContent = `${SCHEME}//${location.host}/${stage}`;
});
address.addEventListener("click", () => copy(async () => address.querySelector("code").textContent));

// ---- Start ----

theme.start();
views.start();
filters.start();
replay.start();
connections.start();
timeline.start();
details.start();
composer.start();
lists.start();
clients.start();
charts.start();
tables.start();
recording.start(feed, timeline);
keys.listen({
  timeline,
  connections,
  details: details.box,
  search() {
    views.show("timeline");
    document.querySelector("#search").focus();
  },
  back,
});
feed.connect();
