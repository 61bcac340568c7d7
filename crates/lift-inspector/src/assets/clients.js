// Clients of this page: WebSockets to the gateway, each with what it sent and received. For the gateway they
// are clients like any other.

import { SCHEME, button, clock, element } from "./format.js";

// Of a client, so many frames are shown.
const MAX_FRAMES = 500;

const PROTOCOL = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export class Clients extends EventTarget {
  constructor(feed, connections) {
    super();
    Object.assign(this, { feed, connections });
    this.box = document.querySelector("#clients");
    this.all = [];
    this.shown = undefined;
    this.count = 0;
    // Handshakes whose connection's id is not known yet.
    this.claims = [];
  }

  start() {
    this.address = element("input");
    Object.assign(this.address, { type: "text", spellcheck: false, autocomplete: "off", required: true, name: "address" });
    this.protocols = element("input");
    Object.assign(this.protocols, { type: "text", spellcheck: false, autocomplete: "off", placeholder: "none", name: "protocols" });
    this.error = element("p", "failed");
    this.error.setAttribute("role", "alert");
    const connect = element("button", "primary", "Connect");
    const form = element("form", "connect",
      element("label", "", "Address, with its query", this.address),
      element("label", "", "Subprotocols, by commas", this.protocols),
      connect,
      element("p", "hint", "A browser sets no headers of a WebSocket, and sends this page as the Origin. Pass a token in the query or as a subprotocol, or use `lift connect --header`. This page may only connect to its own gateway."),
      this.error);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.connect();
    });
    this.tabs = element("div", "sessions");
    this.tabs.setAttribute("role", "tablist");
    this.tabs.setAttribute("aria-label", "Clients");
    this.session = element("div", "session");
    this.box.append(form, this.tabs, this.session);
    this.feed.addEventListener("hello", ({ detail: { stage } }) => {
      if (!this.address.value && stage) this.address.value = `${SCHEME}//${location.host}/${stage}`;
    });
    this.feed.addEventListener("entries", ({ detail }) => this.claim(detail));
    this.draw();
  }

  connect() {
    this.error.textContent = "";
    const protocols = this.protocols.value.split(",").map((name) => name.trim()).filter(Boolean);
    let url;
    try {
      url = new URL(this.address.value.trim(), `${SCHEME}//${location.host}`);
    } catch {
      this.error.textContent = "That is no address.";
      return;
    }
    const wrong = protocols.find((name) => !PROTOCOL.test(name));
    if (url.protocol !== SCHEME) this.error.textContent = `The address begins with ${SCHEME}//, as this page was opened.`;
    else if (url.host !== location.host) this.error.textContent = `This page may only connect to ${SCHEME}//${location.host}.`;
    else if (url.hash) this.error.textContent = "An address of a WebSocket has no part after #.";
    else if (wrong) this.error.textContent = `A subprotocol has no such characters: ${wrong}`;
    else if (new Set(protocols).size < protocols.length) this.error.textContent = "Each subprotocol once.";
    if (this.error.textContent) return;
    const socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    const client = { number: ++this.count, socket, url, state: "connecting", frames: [], text: "", began: Date.now() };
    this.all.push(client);
    this.claims.push(client);
    socket.addEventListener("open", () => {
      client.state = "open";
      client.opened = Date.now();
      this.add(client, "note", socket.protocol ? `Connected, with the subprotocol ${socket.protocol}` : "Connected");
    });
    socket.addEventListener("message", ({ data }) => {
      this.add(client, "in", typeof data === "string" ? data : `${data.byteLength} bytes of binary data`);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      const wasOpen = client.state === "open" || client.state === "closing";
      client.state = "closed";
      const refused = "Not connected. The timeline says why: the status of a refusal does not reach a page";
      this.add(client, "note", wasOpen ? `Closed with ${code} ${reason}`.trim() : refused);
    });
    this.show(client);
  }

  // The entry of a new connection belongs to the only handshake of this page that it can be.
  claim(entries) {
    for (const entry of entries) {
      if (entry.kind !== "open" || !this.claims.length || !entry.note?.endsWith(navigator.userAgent)) continue;
      this.claims = this.claims.filter(({ id, state, began }) => !id && (state !== "closed") && began > Date.now() - 60_000);
      const fits = this.claims.filter(({ began, opened }) => entry.at >= began - 50 && entry.at <= (opened ?? Infinity) + 50);
      if (fits.length !== 1) continue;
      fits[0].id = entry.connection;
      this.drawStatus(fits[0]);
    }
  }

  add(client, kind, text) {
    client.frames.push({ at: Date.now(), kind, text });
    if (client.frames.length > MAX_FRAMES) client.frames.shift();
    if (client === this.shown && this.list) {
      const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 30;
      this.list.append(frame(client.frames.at(-1)));
      while (this.list.childElementCount > MAX_FRAMES) this.list.firstElementChild.remove();
      if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
    }
    this.drawTabs();
    this.drawStatus(client);
  }

  show(client) {
    this.shown = client;
    this.draw();
  }

  remove(client) {
    client.socket.close();
    this.all = this.all.filter((other) => other !== client);
    this.show(this.all.at(-1));
  }

  drawTabs() {
    const focused = document.activeElement?.dataset.client;
    this.tabs.replaceChildren(...this.all.map((client) => {
      const tab = button("", "", () => this.show(client));
      tab.append(element("i"), element("span", "", `${client.number} ${client.url.search || client.url.pathname}`));
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-selected", String(client === this.shown));
      tab.setAttribute("aria-label", `Client ${client.number}, ${client.state}`);
      Object.assign(tab.dataset, { state: client.state, client: client.number });
      return tab;
    }));
    if (focused) this.tabs.querySelector(`[data-client="${focused}"]`)?.focus();
    this.tabs.hidden = this.all.length === 0;
  }

  drawStatus(client) {
    if (client !== this.shown || !this.status) return;
    const isClosed = client.state === "closed";
    const parts = [element("span", "", client.state), element("code", "", client.url.pathname + client.url.search), element("span", "space")];
    if (client.id) parts.push(button("Show its entries", "link", () => this.connections.select(client.id)));
    parts.push(isClosed ? button("Remove", "", () => this.remove(client)) : button("Close", "", () => {
      client.state = "closing";
      client.socket.close(1000);
      this.drawStatus(client);
    }));
    this.status.replaceChildren(...parts);
    this.send.disabled = client.state !== "open";
  }

  draw() {
    this.drawTabs();
    const client = this.shown;
    if (!client) {
      this.list = this.status = undefined;
      this.session.replaceChildren(element("p", "empty", "Connect a client to send messages as it, and to see what it receives. It appears among the connections like any other."));
      return;
    }
    this.status = element("div", "status");
    this.list = element("ol", "frames", ...client.frames.map(frame));
    Object.assign(this.list, { tabIndex: 0, ariaLabel: "Messages, the newest last" });
    this.list.setAttribute("role", "log");
    const text = element("textarea");
    Object.assign(text, { rows: 2, value: client.text, spellcheck: false, placeholder: '{"action":"say","text":"hello"}' });
    text.setAttribute("aria-label", `Message of client ${client.number}`);
    text.addEventListener("input", () => { client.text = text.value; });
    this.send = element("button", "primary", "Send");
    this.send.title = "Ctrl+Enter";
    const form = element("form", "", text, this.send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (client.state !== "open") return;
      client.socket.send(text.value);
      this.add(client, "out", text.value);
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.session.replaceChildren(this.status, this.list, form);
    this.list.scrollTop = this.list.scrollHeight;
    this.drawStatus(client);
  }
}

function frame({ at, kind, text }) {
  const sign = { in: "←", out: "→", note: "" }[kind];
  const mark = element("b", "", sign);
  mark.ariaLabel = { in: "received", out: "sent", note: "" }[kind];
  return element("li", kind, element("time", "", clock(at)), mark, element("pre", "", text || "empty message"));
}
