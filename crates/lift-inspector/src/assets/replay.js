// Replays an event, unchanged or edited in a dialog.

import { get, post } from "./api.js";
import { isJson, pretty } from "./json.js";
import { notify, span } from "./format.js";

export class Replay extends EventTarget {
  start() {
    this.dialog = document.querySelector("#editor");
    this.text = document.querySelector("#editor-text");
    this.error = document.querySelector("#editor-error");
    document.querySelector("#editor-replay").addEventListener("click", () => this.edited());
  }

  async run(entry) {
    try {
      this.done(await post("replay", { entry }));
    } catch (error) {
      notify(error.message, true);
    }
  }

  async edit(entry) {
    try {
      const { text } = await get(`entries/${entry}`);
      this.entry = entry;
      this.text.value = isJson(text) ? pretty(text) : text;
      this.error.textContent = "";
      this.dialog.showModal();
    } catch (error) {
      notify(error.message, true);
    }
  }

  async edited() {
    try {
      JSON.parse(this.text.value);
    } catch (error) {
      this.error.textContent = `Not JSON: ${error.message}`;
      return;
    }
    try {
      const done = await post("replay", { entry: this.entry, event: this.text.value });
      this.dialog.close();
      this.done(done);
    } catch (error) {
      this.error.textContent = error.message;
    }
  }

  // `event` is the entry of the replayed event: the page may not have it from the feed yet.
  done({ event, reply }) {
    const result = reply.note ?? reply.error?.code ?? (reply.code === null ? "answered" : `answered ${reply.code}`);
    notify(`Replayed: ${result} after ${span(reply.took)}`, reply.failed);
    this.dispatchEvent(new CustomEvent("done", { detail: event }));
  }
}
