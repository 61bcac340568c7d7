// The composer: sends to the selected connection as its client or as the backend, closes it, advances its
// clock, and publishes to a user, a tenant, a group or everyone.

import { act, post } from "./api.js";
import { element, notify } from "./format.js";

// The most names that are proposed.
const MAX_NAMES = 200;

export class Composer {
  constructor(connections, names) {
    Object.assign(this, { connections, names });
    const find = (selector) => document.querySelector(selector);
    this.form = find("#composer");
    this.message = find("#message");
    this.to = find("#to");
    this.name = find("#to-name");
    this.tenant = find("#to-tenant");
    this.report = find("#report");
    this.submit = find("#send");
    // The groups that are known, for the names that are proposed.
    this.groups = [];
  }

  start() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.message.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.send();
      }
    });
    const click = (selector, does) => document.querySelector(selector).addEventListener("click", does);
    click("#post", () => this.act("post", { text: this.message.value }, "Posted"));
    click("#disconnect", () => this.act("disconnect", {}, "Disconnected"));
    for (const button of this.form.querySelectorAll("[data-advance]")) {
      const seconds = Number(button.dataset.advance);
      button.addEventListener("click", () => this.act("advance", { seconds }, `The clock went on by ${seconds / 60} min`));
    }
    this.to.addEventListener("change", () => {
      this.propose();
      this.show();
    });
    this.name.addEventListener("input", () => this.show());
    this.name.addEventListener("focus", () => this.propose());
    this.connections.addEventListener("select", ({ detail: id }) => {
      if (id) this.to.value = "connection";
      this.show();
    });
    this.connections.addEventListener("change", () => this.show());
    this.show();
  }

  // Aims at a user, a tenant or a group.
  aim(kind, name, tenant) {
    this.to.value = kind;
    this.name.value = name ?? "";
    this.tenant.value = tenant ?? "";
    this.show();
  }

  send() {
    if (this.submit.disabled) return;
    if (this.to.value === "connection") this.act("send", { text: this.message.value }, "Sent");
    else this.publish();
  }

  async act(what, body, done) {
    const { selected } = this.connections;
    if (!selected) return;
    this.report.replaceChildren();
    try {
      await act(selected, what, body);
      notify(done);
    } catch (error) {
      notify(error.message, true);
    }
  }

  async publish() {
    const kind = this.to.value;
    const to = { kind };
    if (kind !== "everyone") to.name = this.name.value.trim();
    if ((kind === "user" || kind === "group") && this.tenant.value.trim()) to.tenant = this.tenant.value.trim();
    this.report.replaceChildren("Publishing");
    try {
      this.tell(await post("publish", { to, text: this.message.value }), to);
    } catch (error) {
      this.report.replaceChildren(element("span", "failed", error.message));
    }
  }

  tell({ sent, gone, failed, failures }, { kind, name }) {
    const target = kind === "everyone" ? "everyone" : `${kind} ${name}`;
    const counts = element("span", failed ? "failed" : "", `${target}: ${sent} sent, ${gone} gone, ${failed} failed`);
    this.report.replaceChildren(counts);
    if (sent + gone + failed === 0) counts.textContent = `${target}: no connection was found`;
    const why = failures.map(({ id, reason }) => `${this.names.of(id)}: ${reason}`).join(", ");
    if (why) this.report.append(element("span", "failed", ` (${why})`));
    this.report.title = this.report.textContent;
  }

  // Fills the lists of names to choose from.
  propose() {
    const { all } = this.connections;
    const unique = (list) => [...new Set(list.filter(Boolean))].sort().slice(0, MAX_NAMES);
    const tenants = unique(all.map(({ tenant }) => tenant));
    const names = { user: all.map(({ user }) => user), tenant: tenants, group: this.groups.map(({ name }) => name) };
    fill("#to-tenants", tenants);
    fill("#to-names", unique(names[this.to.value] ?? []));
  }

  show() {
    const { selected } = this.connections;
    const kind = this.to.value;
    const toConnection = kind === "connection";
    const isOpen = this.connections.isOpen(selected);
    for (const part of this.form.querySelectorAll(".to-connection")) part.hidden = !toConnection;
    this.name.hidden = toConnection || kind === "everyone";
    this.tenant.hidden = kind !== "user" && kind !== "group";
    for (const control of this.form.elements) {
      if (control !== this.to && !control.matches(".to-list")) control.disabled = toConnection && !isOpen;
    }
    this.submit.textContent = toConnection ? "Send as client" : "Publish";
    if (!toConnection) this.submit.disabled = kind !== "everyone" && !this.name.value.trim();
    this.form.classList.toggle("idle", toConnection && !selected);
    const to = document.querySelector("#composer-to");
    if (!selected) to.textContent = "Select a connection, or a list to publish to";
    else to.textContent = `${isOpen ? "To" : "Closed:"} ${this.names.of(selected)}  ${selected}`;
    to.title = to.textContent;
  }
}

function fill(selector, names) {
  document.querySelector(selector).replaceChildren(...names.map((name) => {
    const option = document.createElement("option");
    option.value = name;
    return option;
  }));
}
