// Shared by the checks of the inspector: users of the chat, and pages of the inspector.

import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { becomes, launch, watched } from "./page.mjs";

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

// Reads the command line: INSPECTOR CHAT --screenshots DIR.
export function options(program) {
  const { values: { screenshots }, positionals: [url, chat] } = parseArgs({
    allowPositionals: true,
    options: { screenshots: { type: "string" } },
  });
  if (!url || !chat || !screenshots) {
    console.error(`usage: node ${program} INSPECTOR CHAT --screenshots DIR`);
    process.exit(2);
  }
  mkdirSync(screenshots, { recursive: true });
  return { screenshots, url, chat };
}

export class Inspecting {
  static async start({ url, chat, screenshots }) {
    const made = new Inspecting();
    Object.assign(made, { url, chat, screenshots, browser: await launch(), seen: [] });
    return made;
  }

  // Opens the chat as a user who joins a room.
  async join(name, room = "tea") {
    const page = await (await this.browser.newContext({ viewport: DESKTOP })).newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(`${this.chat}?name=${name}&room=${room}&join`);
    await becomes(() => page.locator("#state").getAttribute("data-state"), "online", `${name}'s page`);
    return page;
  }

  // Opens the inspector.
  async inspect(settings) {
    const context = await this.browser.newContext({ viewport: DESKTOP, permissions: ["clipboard-read", "clipboard-write"], ...settings });
    const page = await context.newPage();
    this.seen.push(watched(page));
    await page.goto(this.url);
    await page.locator("#state[data-state=live]").waitFor();
    return page;
  }

  shot(page, name) {
    return page.screenshot({ path: `${this.screenshots}/inspector-${name}.png` });
  }

  // What the pages logged as errors, and their requests to other origins.
  problems() {
    const { origin, host } = new URL(this.url);
    const own = [origin, `ws://${host}`];
    return {
      errors: this.seen.flatMap(({ errors }) => errors),
      otherOrigins: this.seen.flatMap(({ requests }) => requests)
        .filter((request) => !request.startsWith("blob:") && !own.includes(new URL(request).origin)),
    };
  }
}

export async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

export const receives = (page, text) => page.locator(".message .text").getByText(text, { exact: true }).waitFor();

// Parts of an inspector's page.
export function parts(page) {
  // Rows outside the visible area are hidden and reused.
  const rows = page.locator("#timeline .row:not([hidden])");
  return {
    rows,
    row: (kind, text) => rows.filter({ has: page.locator(".kind", { hasText: new RegExp(`^${kind}$`) }), hasText: text }),
    connection: (name) => page.locator("#connections .row:not([hidden])").filter({ hasText: name }),
    kinds: async () => [...new Set(await rows.locator(".kind").allTextContents())].sort(),
    notice: (text) => page.locator("#notice.shown").getByText(text).waitFor(),
    copied: () => page.evaluate(() => navigator.clipboard.readText()),
    isInSight: (locator) => locator.evaluate((row) => {
      const [box, list] = [row, row.closest(".list")].map((element) => element.getBoundingClientRect());
      return box.top >= list.top - 1 && box.bottom <= list.bottom + 1;
    }),
  };
}

// Whether an element is fully visible: inside the window, and nothing is over it.
export function isUncovered(locator) {
  return locator.evaluate((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const points = [[left + 3, top + 3], [right - 3, top + 3], [left + 3, bottom - 3], [right - 3, bottom - 3], [(left + right) / 2, (top + bottom) / 2]];
    return points.every(([x, y]) => {
      const found = document.elementFromPoint(x, y);
      return found !== null && (element === found || element.contains(found) || found.contains(element));
    });
  });
}
