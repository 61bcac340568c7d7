// Formats numbers and times for the whole page.

// How a page like this one begins the address of a WebSocket.
export const SCHEME = location.protocol === "https:" ? "wss:" : "ws:";

const two = (n) => String(n).padStart(2, "0");

// Milliseconds since 1970 as a time of day.
export function clock(at) {
  const time = new Date(at);
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}

// Milliseconds.
export function span(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

// The approximate time since then.
export function age(since, until = Date.now()) {
  const seconds = Math.max(0, Math.round((until - since) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)}`;
}

// An element with the age of `since`, with a text before and after it. `moveAges` keeps it current.
export function ageOf(since, before = "", after = " ago") {
  const made = element("span", "age");
  Object.assign(made, { since, before, after });
  made.dataset.age = "";
  showAge(made);
  return made;
}

function showAge(made) {
  made.textContent = `${made.before}${age(made.since)}${made.after}`;
}

// Brings the ages below an element up to date.
export function moveAges(box) {
  for (const made of box.querySelectorAll("[data-age]")) showAge(made);
}

// The initial of a user in a circle, in the colour that the chat gives the user.
export function avatar() {
  const made = element("span", "avatar");
  made.ariaHidden = "true";
  return made;
}

export function drawAvatar(made, name) {
  if (made.name === name) return;
  made.name = name;
  made.textContent = [...name][0] ?? "?";
  made.style.setProperty("--hue", hue(name));
}

function hue(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 9973;
  return Math.round(hash * 137.5) % 360;
}

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1_000_000 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1_000_000).toFixed(1)} MB`;
}

// An element with a class and texts or elements in it. Texts stay texts.
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

export function button(label, className, click) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", click);
  return made;
}

// Shows a message in the line below the view, also to screen readers.
export function notify(text, failed = false) {
  const notice = document.querySelector("#notice");
  notice.textContent = text;
  notice.classList.toggle("failed", failed);
  notice.classList.add("shown");
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => notice.classList.remove("shown"), failed ? 8000 : 3000);
}
