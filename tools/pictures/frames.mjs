// Takes the frames of the README's animation: the chat, the terminal of `lift dev` and the inspector, side by
// side, while two users chat. Also the picture of the terminal alone.
//
//   node frames.mjs LIFT ROOT FOLDER

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { becomes, launch } from "../../e2e/browser/page.mjs";
import { toHtml } from "./ansi.mjs";

const [lift, root, folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node frames.mjs LIFT ROOT FOLDER");
  process.exit(2);
}
const COLUMNS = 96;
const log = join(folder, "terminal.log");

// ---- `lift dev` in a terminal ----

// A data folder of its own, so that no data of earlier runs is shown.
const data = join(folder, "data");
mkdirSync(data);
const command = `stty cols ${COLUMNS} rows 40; exec '${lift}' dev '${root}/examples/chat' --data-dir '${data}'`;
const terminal = spawn("script", ["-qefc", command, log], { stdio: ["pipe", "ignore", "inherit"] });
// Also after an error or a signal: `script` would keep `lift dev`, and its ports, alive.
process.on("exit", () => terminal.kill());
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
const output = () => {
  try {
    return readFileSync(log, "utf8");
  } catch {
    return "";
  }
};
// The line that `script` itself writes, and what cargo says, are no part of the picture.
const shown = () => output().slice(Math.max(0, output().indexOf("Lift is ready")));
const started = Date.now();
while (!/Inspector\s/.test(output())) {
  if (terminal.exitCode !== null || Date.now() - started > 900_000) {
    console.error(`lift dev did not become ready:\n${output()}`);
    process.exit(1);
  }
  await new Promise((done) => setTimeout(done, 200));
}
const page = output().match(/Page\S*\s+\S*?(http:\/\/127\.0\.0\.1:\d+)/)[1];

// ---- The pages ----

const browser = await launch();
async function open(url, width, height, deviceScaleFactor = 1.5) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: "light", deviceScaleFactor });
  const opened = await context.newPage();
  opened.setDefaultTimeout(15_000);
  await opened.goto(url);
  return opened;
}
const inspector = await open(`${page}/_lift`, 1320, 780);
await inspector.locator("#state[data-state=live]").waitFor();
const stage = await open("about:blank", 1600, 1000, 1);
const chat = async (name) => {
  const opened = await open(`${page}/?name=${name}&room=tea&join`, 520, 620);
  await becomes(() => opened.locator("#state").getAttribute("data-state"), "online", `${name}'s page`);
  return opened;
};

// ---- Frames ----

const frames = [];
const picture = async (opened) =>
  opened ? `<img src="data:image/png;base64,${(await opened.screenshot()).toString("base64")}">` : "";
const frame = (title, content, style) =>
  `<section style="${style}"><header><i></i><i></i><i></i>${title}</header><div>${content}</div></section>`;
const STYLE = `
  body { margin: 0; background: linear-gradient(135deg, #dfe5f3, #eef0f7); font: 15px system-ui, sans-serif; }
  section { position: absolute; background: #fff; border-radius: 10px; overflow: hidden; box-shadow: 0 8px 30px #1b254026; }
  header { height: 30px; line-height: 30px; color: #5c6478; background: #f3f4f8; padding: 0 12px; font-size: 13px; }
  i { display: inline-block; width: 10px; height: 10px; border-radius: 5px; background: #c9cedb; margin-right: 6px; }
  img { width: 100%; display: block; }
  .terminal { background: #14171f; }
  pre { margin: 0; padding: 12px 16px; color: #d7dae3; font: 15px/21px "DejaVu Sans Mono", monospace; background: #14171f; }`;

/// The last lines of the terminal that fit.
const lines = (count) => toHtml(shown().trimEnd().split("\n").slice(-count).join("\n"));

async function take(user, milliseconds) {
  // The pages show an event within this time.
  await new Promise((done) => setTimeout(done, 700));
  const content =
    frame("The chat", await picture(user), "left:24px;top:24px;width:480px;height:602px") +
    frame("The inspector", await picture(inspector), "left:528px;top:24px;width:1048px;height:649px") +
    frame("lift dev examples/chat", `<pre>${lines(11)}</pre>`, "left:24px;top:697px;width:1552px;height:279px;background:#14171f");
  await stage.setContent(`<style>${STYLE}</style>${content}`);
  const file = `frame-${frames.length}.png`;
  await stage.screenshot({ path: join(folder, file) });
  frames.push({ file, milliseconds });
}

async function say(user, text) {
  await user.getByLabel("Message", { exact: true }).fill(text);
  await user.getByRole("button", { name: "Send" }).click();
}

const ana = await chat("ana");
await take(ana, 1600);
const ben = await chat("ben");
await take(ana, 1400);
await say(ben, "Is the kettle on?");
await take(ana, 1600);
await ana.getByLabel("Message", { exact: true }).fill("Two minutes. Green or black?");
await take(ana, 900);
await ana.getByRole("button", { name: "Send" }).click();
await take(ana, 1600);
await say(ben, "Green, please");
await take(ana, 1600);
await inspector.getByText("say", { exact: true }).last().click();
await take(ana, 2600);
// A connection that sends what the route does not take: an error with its code.
await ben.evaluate(
  (url) =>
    new Promise((done) => {
      const socket = new WebSocket(url);
      socket.onopen = () => socket.send(JSON.stringify({ action: "say", txt: "no such field" }));
      socket.onmessage = done;
    }),
  `${page.replace("http", "ws")}/local?name=cat&room=tea`,
);
await take(ana, 3000);
writeFileSync(join(folder, "frames.json"), JSON.stringify(frames));

// ---- The terminal alone ----

const alone = await open("about:blank", 940, 560);
await alone.setContent(`<style>${STYLE} body { background: #14171f; }</style><pre>${lines(24)}</pre>`);
await alone.screenshot({ path: join(folder, "terminal.png") });

await browser.close();
// Ctrl-C, which the terminal turns into an interrupt.
terminal.stdin.write("\x03");
await new Promise((done) => terminal.once("exit", done));
