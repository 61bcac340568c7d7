// Chromium: node chromium.mjs ws://127.0.0.1:3001/local

import { launch } from "../browser/page.mjs";
import { scenarios } from "./scenarios.mjs";

const browser = await launch();
try {
  const page = await browser.newPage();
  const run = `(${scenarios})(WebSocket, ${JSON.stringify(process.argv[2])})`;
  console.log(JSON.stringify(await page.evaluate(run)));
} finally {
  await browser.close();
}
