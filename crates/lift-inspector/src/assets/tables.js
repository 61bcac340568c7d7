// The rows of the tables, page by page. The server has masked the secrets in them.

import { get } from "./api.js";
import { button, element } from "./format.js";

// A longer value is cut in the table; the details have all of it.
const MAX_CHARACTERS = 200;

export class Tables {
  constructor(views, details) {
    Object.assign(this, { views, details });
    this.box = document.querySelector("#tables");
    this.page = 0;
    this.request = 0;
  }

  start() {
    this.choice = element("select");
    this.choice.setAttribute("aria-label", "Table");
    this.choice.addEventListener("change", () => this.read(0));
    this.before = button("← Previous", "", () => this.read(this.page - 1));
    this.after = button("Next →", "", () => this.read(this.page + 1));
    this.number = element("span", "hint");
    this.number.style.padding = "0";
    this.rows = element("div", "scroll");
    const again = button("Read again", "", () => this.read(this.page));
    this.box.append(element("div", "bar", this.choice, again, element("span", "space"), this.number, this.before, this.after), this.rows);
    this.views.addEventListener("change", () => {
      if (this.views.view === "tables" && !this.isShown) this.open();
      this.isShown = this.views.view === "tables";
    });
  }

  async open() {
    try {
      const { tables } = await get("tables");
      const chosen = this.choice.value;
      this.choice.replaceChildren(...tables.map((name) => element("option", "", name)));
      this.choice.hidden = tables.length === 0;
      if (!tables.length) return this.say("The functions of this app use no table.");
      if (tables.includes(chosen)) this.choice.value = chosen;
      await this.read(this.choice.value === chosen ? this.page : 0);
    } catch (error) {
      this.say(error.message, "failed");
    }
  }

  say(text, className = "") {
    this.rows.replaceChildren(element("p", `hint ${className}`, text));
  }

  async read(page) {
    const request = ++this.request;
    let found;
    try {
      found = await get(`tables/${encodeURIComponent(this.choice.value)}?page=${page}`);
    } catch (error) {
      if (request === this.request) this.say(error.message, "failed");
      return;
    }
    if (request !== this.request) return;
    const { keys, rows, more } = found;
    this.page = page;
    this.before.disabled = page === 0;
    this.after.disabled = !more;
    this.number.textContent = `Page ${page + 1}, ${rows.length} rows`;
    if (!rows.length) return this.say(page ? "This page has no rows any more." : "The table has no rows.");
    // The key first, then what most rows have.
    const uses = new Map();
    for (const row of rows) for (const name of Object.keys(row)) uses.set(name, (uses.get(name) ?? 0) + 1);
    const others = [...uses].filter(([name]) => !keys.includes(name)).sort((a, b) => b[1] - a[1]).map(([name]) => name);
    const columns = [...keys, ...others];
    const head = element("thead", "", element("tr", "", ...columns.map((name) => element("th", "", name))));
    const body = element("tbody", "", ...rows.map((row) => this.row(row, columns)));
    this.rows.replaceChildren(element("table", "", head, body));
    this.rows.scrollTop = 0;
  }

  row(row, columns) {
    const made = element("tr", "", ...columns.map((name) => cell(row[name])));
    made.tabIndex = 0;
    const open = () => this.details.row(this.choice.value, row);
    made.addEventListener("click", open);
    made.addEventListener("keydown", ({ key }) => key === "Enter" && open());
    return made;
  }
}

function cell(value) {
  if (value === undefined) return element("td");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const made = element("td", text.includes("•••") ? "masked" : "", text.slice(0, MAX_CHARACTERS));
  made.title = text.slice(0, 2000);
  return made;
}
