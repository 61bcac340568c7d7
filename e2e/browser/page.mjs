// Shared by the checks in a browser: starting Chromium, comparisons, waits.

import { isDeepStrictEqual as same } from "node:util";
import { chromium } from "playwright-core";

export const TIMEOUT = 15_000;

// Starts headless Chromium without requests of its own: /usr/bin/chromium, or the program in the variable CHROMIUM.
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", ...more,
    ],
  });
}

export function equal(actual, expected, what) {
  if (!same(actual, expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

// Calls `read` repeatedly until it returns `expected`.
export async function becomes(read, expected, what) {
  const end = Date.now() + TIMEOUT;
  for (;;) {
    const actual = await read();
    if (same(actual, expected)) return;
    if (Date.now() > end) equal(actual, expected, what);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

// Records a page's errors and requests. A page must log no error and send no request to another origin.
export function watched(page) {
  const errors = [];
  const requests = [];
  page.setDefaultTimeout(TIMEOUT);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  page.on("request", (request) => requests.push(request.url()));
  return { errors, requests };
}
