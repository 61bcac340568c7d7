// Takes the pictures of the inspector for the book, light and dark, while two users chat.
//
//   node inspector.mjs LIFT ROOT FOLDER DATA
//
// The pictures are written to FOLDER; DATA is an empty folder for `lift dev`.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { becomes, launch } from "../../e2e/browser/page.mjs";

const [lift, root, folder, data] = process.argv.slice(2);
if (!data) {
  console.error("usage: node inspector.mjs LIFT ROOT FOLDER DATA");
  process.exit(2);
}

const dev = spawn(lift, ["dev", join(root, "examples/chat"), "--data-dir", data], { stdio: ["ignore", "pipe", "inherit"] });
let output = "";
const url = await new Promise((ready, failed) => {
  dev.stdout.on("data", (text) => {
    output += text;
    const found = output.match(/Inspector\s+(\S+)/);
    if (found) ready(found[1]);
  });
  dev.once("exit", (code) => failed(new Error(`lift dev ended with ${code}: ${output}`)));
});
const { origin, host } = new URL(url);

const browser = await launch();
process.on("uncaughtException", (error) => {
  console.error(error);
  dev.kill();
  process.exit(1);
});
async function open(address, colorScheme, width = 1280, height = 800) {
  const page = await (await browser.newContext({ viewport: { width, height }, colorScheme })).newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(address);
  return page;
}
async function chat(name) {
  const page = await open(`${origin}/?name=${name}&room=tea&join`, "light");
  await becomes(() => page.locator("#state").getAttribute("data-state"), "online", `${name}'s page`);
  return page;
}
async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".message .text").getByText(text, { exact: true }).waitFor();
}

const ana = await chat("ana");
const ben = await chat("ben");
await say(ana, "Is the kettle on?");
await say(ben, "Two minutes. Green or black?");
await say(ana, "Green, please");

for (const theme of ["light", "dark"]) {
  const page = await open(url, theme);
  const rows = page.locator("#timeline .row:not([hidden])");
  const shot = (name) => page.screenshot({ path: join(folder, `inspector-${name}${theme}.png`) });
  const tab = (name) => page.locator(".tabs").getByRole("button", { name, exact: true }).click();
  // A message that the route does not take: an error with its code.
  const clients = page.locator("#clients");
  await tab("Clients");
  await clients.getByLabel("Address, with its query").fill(`ws://${host}/local?name=cat&room=tea`);
  await clients.getByRole("button", { name: "Connect" }).click();
  await clients.getByLabel("Message of client 1").fill('{"action":"say","txt":"no such field"}');
  await clients.getByRole("button", { name: "Send" }).click();
  await clients.locator(".frames pre").getByText("invalid_payload").waitFor();
  await shot("clients-");
  await tab("Timeline");
  await rows.filter({ hasText: "invalid_payload" }).first().waitFor();
  await page.getByLabel("Search payloads").fill("Green, please");
  await rows.filter({ hasText: "event" }).filter({ hasText: "Green, please" }).click();
  await page.getByLabel("Search payloads").fill("");
  await page.locator(".waterfall").waitFor();
  await shot("");
  await page.keyboard.press("Escape");
  await tab("Charts");
  await page.locator("#charts .u-over").nth(2).waitFor();
  await shot("charts-");
  await page.close();
}

await browser.close();
dev.kill("SIGINT");
await new Promise((done) => dev.once("exit", done));
