// The composer: sends to the selected connection as its client or as the backend, closes it, and
// advances its clock.

import { act } from "./api.js";
import { notify } from "./format.js";

export class Actions {
  constructor(connections, names) {
    Object.assign(this, { connections, names });
    this.form = document.querySelector("#composer");
    this.message = document.querySelector("#message");
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
    this.connections.addEventListener("select", () => this.show());
    this.connections.addEventListener("change", () => this.show());
    this.show();
  }

  send() {
    this.act("send", { text: this.message.value }, "Sent");
  }

  async act(what, body, done) {
    const { selected } = this.connections;
    if (!selected) return;
    try {
      await act(selected, what, body);
      notify(done);
    } catch (error) {
      notify(error.message, true);
    }
  }

  show() {
    const { selected } = this.connections;
    const isOpen = this.connections.isOpen(selected);
    for (const control of this.form.elements) control.disabled = !isOpen;
    this.form.classList.toggle("idle", !selected);
    const to = document.querySelector("#composer-to");
    if (!selected) to.textContent = "Select a connection to send, post, disconnect or move its clock";
    else to.textContent = `${isOpen ? "To" : "Closed:"} ${this.names.of(selected)}  ${selected}`;
  }
}
