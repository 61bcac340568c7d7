// The left side: connections, tenants or groups. A tenant and a group show their connections, and the
// composer publishes to them.

import { get } from "./api.js";
import { button, element, notify } from "./format.js";

const REFRESH_MS = 5000;

export class Lists {
  constructor(connections, composer) {
    Object.assign(this, { connections, composer });
    this.shown = "connections";
    this.only = document.querySelector("#connection-only");
    this.groups = { managed: true, groups: [], unread: 0 };
  }

  start() {
    this.tabs = [...document.querySelectorAll("#lists [role=tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.show(tab.dataset.list));
      tab.addEventListener("keydown", ({ key }) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
        if (!step) return;
        const next = this.tabs.at((this.tabs.indexOf(tab) + step) % this.tabs.length);
        next.focus();
        this.show(next.dataset.list);
      });
    }
    this.only.addEventListener("click", () => this.release());
    this.connections.addEventListener("change", () => this.shown === "tenants" && this.drawTenants());
    setInterval(() => document.hidden || this.shown !== "groups" || this.readGroups(), REFRESH_MS);
    this.show("connections");
  }

  show(name) {
    this.shown = name;
    for (const tab of this.tabs) {
      const isShown = tab.dataset.list === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      document.querySelector(`#panel-${tab.dataset.list}`).hidden = !isShown;
    }
    if (name === "tenants") this.drawTenants();
    if (name === "groups") this.readGroups();
  }

  drawTenants() {
    const tenants = new Map();
    for (const { tenant, user } of this.connections.all) {
      const known = tenants.get(tenant ?? undefined) ?? { connections: 0, users: new Set() };
      known.connections++;
      if (user) known.users.add(user);
      tenants.set(tenant ?? undefined, known);
    }
    const rows = [...tenants].sort((a, b) => b[1].connections - a[1].connections).map(([tenant, { connections, users }]) => {
      const facts = `${plural(users.size, "user")}, ${plural(connections, "connection")}`;
      const of = (connection) => (connection.tenant ?? undefined) === tenant;
      return line(tenant ?? "no tenant", facts, connections, () => {
        this.open(`tenant ${tenant ?? "none"}`, of);
        if (tenant !== undefined) this.composer.aim("tenant", tenant);
      });
    });
    const { unread } = this.connections;
    draw("#panel-tenants", rows, "No client is connected.", unread && `${unread} rows are not read yet.`);
  }

  async readGroups() {
    try {
      this.groups = await get("groups");
    } catch (error) {
      return notify(error.message, true);
    }
    const { managed, groups, unread } = this.groups;
    this.composer.groups = groups;
    const rows = groups.toSorted((a, b) => b.members.length - a.members.length).map(({ tenant, name, members }) => {
      const ids = new Set(members);
      return line(name, tenant ? `tenant ${tenant}` : "no tenant", members.length, () => {
        this.open(`group ${name}`, ({ id }) => ids.has(id));
        this.composer.aim("group", name, tenant);
      });
    });
    const empty = managed
      ? "No open connection is in a group. A connection joins one by an item that names the group."
      : "This app stores no connections.";
    draw("#panel-groups", rows, empty, unread && `${unread} of the connections were not read.`);
  }

  // Lists only the connections of a tenant or a group.
  open(label, of) {
    this.connections.select(undefined);
    this.connections.restrict(of);
    this.only.hidden = false;
    this.only.textContent = `Only ${label}  ✕`;
    this.only.setAttribute("aria-label", `List all connections, not only those of ${label}`);
    this.show("connections");
  }

  release() {
    this.only.hidden = true;
    this.connections.restrict(undefined);
  }
}

function line(name, facts, count, open) {
  const made = button("", "entry", open);
  made.append(element("b", "", name), element("span", "number", count.toLocaleString("en")), element("span", "facts", facts));
  return made;
}

function draw(selector, rows, empty, note) {
  const panel = document.querySelector(selector);
  // A redraw keeps the focus.
  const focused = [...panel.querySelectorAll(".entry")].indexOf(document.activeElement);
  panel.replaceChildren(...(rows.length ? rows : [element("p", "hint", empty)]), ...(note ? [element("p", "hint", note)] : []));
  panel.querySelectorAll(".entry")[focused]?.focus();
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
