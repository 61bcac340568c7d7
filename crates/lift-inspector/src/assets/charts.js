// The charts: rate, latency and errors by route, drawn by uPlot once a second while they are in sight.

import { element, span } from "./format.js";

// The windows to choose from: seconds, and the seconds of a point.
const WINDOWS = [
  { name: "1 minute", seconds: 60, step: 1 },
  { name: "5 minutes", seconds: 300, step: 2 },
  { name: "15 minutes", seconds: 900, step: 5 },
];

const CHARTS = [
  { key: "events", title: "Rate", unit: "events per second", format: (value) => String(Number(value.toFixed(2))) },
  { key: "latency", title: "Latency", unit: "95th percentile, with the wait for a process", format: (value) => span(value) },
  { key: "errors", title: "Errors", unit: "per second", format: (value) => String(Number(value.toFixed(2))) },
];

// Lines of routes, in light and dark.
const COLORS = {
  light: ["#3553d6", "#0b7a75", "#b4530a", "#8c2fb0", "#14734a", "#c01c3a", "#596174", "#876500", "#1b1f2a"],
  dark: ["#93a8ff", "#4fd1c5", "#f1a25a", "#d59bff", "#55d89a", "#ff8093", "#9aa3b8", "#e0c050", "#e7e9f0"],
};

export class Charts {
  constructor(statistics, views) {
    Object.assign(this, { statistics, views });
    this.box = document.querySelector("#charts");
    this.window = WINDOWS[1];
    this.plots = [];
  }

  start() {
    const choice = element("select");
    choice.setAttribute("aria-label", "Time");
    choice.append(...WINDOWS.map(({ name }, index) => {
      const option = element("option", "", `Last ${name}`);
      option.value = index;
      return option;
    }));
    choice.value = WINDOWS.indexOf(this.window);
    choice.addEventListener("change", () => {
      this.window = WINDOWS[choice.value];
      this.draw();
    });
    this.frames = CHARTS.map(({ title, unit }) => {
      const plot = element("div", "plot");
      plot.setAttribute("role", "img");
      const heading = element("h3", "", `${title} `, element("small", "", unit));
      return { plot, section: element("div", "chart", heading, plot) };
    });
    this.table = element("table");
    this.empty = element("p", "hint", "No event was handled in this time.");
    this.box.append(element("div", "bar", choice), element("div", "scroll", this.empty, this.table, ...this.frames.map(({ section }) => section)));
    this.views.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    document.querySelector("#theme").addEventListener("click", () => this.rebuild());
    setInterval(() => this.draw(), 1000);
  }

  rebuild() {
    this.made = undefined;
    this.draw();
  }

  async draw() {
    if (this.views.view !== "charts" || document.hidden || !this.box.clientWidth) return;
    const totals = this.statistics.totals(this.window.seconds).filter(({ events, errors }) => events + errors > 0);
    this.empty.hidden = totals.length > 0;
    this.table.hidden = totals.length === 0;
    for (const { section } of this.frames) section.hidden = totals.length === 0;
    if (!totals.length) return;
    await library();
    const { times, series } = this.statistics.points(this.window.seconds, this.window.step);
    const colors = COLORS[isDark() ? "dark" : "light"];
    const names = series.map(({ route }) => route).join("\n");
    const width = this.frames[0].plot.clientWidth;
    // The lines of a chart cannot change, so a new route makes new charts.
    if (this.made !== `${names} ${colors[0]}`) this.make(series, colors, width);
    this.made = `${names} ${colors[0]}`;
    for (const [index, { key }] of CHARTS.entries()) {
      const plot = this.plots[index];
      if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
      plot.setData([times, ...series.map((line) => line[key])]);
    }
    this.tell(totals, colors);
  }

  make(series, colors, width) {
    for (const plot of this.plots) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const [ink, grid] = ["--soft", "--line"].map((name) => resolve(style.getPropertyValue(name), this.box));
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "11px system-ui, sans-serif" };
    this.plots = CHARTS.map(({ format }, index) => new globalThis.uPlot({
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, sync: { key: "lift" } },
      scales: { y: { range: (plot, low, high) => [0, Math.max(high, 1) * 1.1] } },
      axes: [
        { ...axis, values: "{HH}:{mm}:{ss}", space: 90 },
        { ...axis, size: 64, values: (plot, values) => values.map((value) => (value === 0 ? "0" : format(value))) },
      ],
      series: [{}, ...series.map(({ route }, line) => ({
        label: route, stroke: colors[line % colors.length], width: 1.5, spanGaps: true, points: { size: 4 },
      }))],
    }, undefined, this.frames[index].plot));
  }

  // The numbers of the charts as a table, which also is the legend.
  tell(totals, colors) {
    const { seconds, name } = this.window;
    const cell = (text, className = "amount") => element("td", className, text);
    const head = ["Route", "Events", "Per second", "Median", "95th percentile", "Errors"].map((text, index) => element("th", index ? "amount" : "", text));
    const rows = totals.map(({ route, events, errors, median, slow }) => {
      const mark = element("i");
      mark.style.background = colors[this.statistics.routes.indexOf(route) % colors.length];
      const first = cell("", "");
      first.append(mark, route);
      const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
      return element("tr", "", first, cell(number(events)), cell(number(events / seconds)),
        cell(median === null ? "" : span(median)), cell(slow === null ? "" : span(slow)), cell(number(errors), errors ? "amount failed" : "amount"));
    });
    this.table.replaceChildren(element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
    for (const [index, { title }] of CHARTS.entries()) this.frames[index].plot.setAttribute("aria-label", `${title} by route in the last ${name}; the table has the numbers`);
  }
}

const HEIGHT = 150;

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// A canvas knows no `light-dark()`.
function resolve(color, box) {
  const probe = element("i");
  probe.style.color = color;
  box.append(probe);
  const { color: resolved } = getComputedStyle(probe);
  probe.remove();
  return resolved;
}

// uPlot, which is loaded when the charts are first seen. It is a script without exports.
function library() {
  library.loaded ??= new Promise((resolve, reject) => {
    const script = element("script");
    script.src = "/_lift/page/uplot.js";
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("uPlot was not loaded")));
    document.head.append(script);
  });
  return library.loaded;
}
