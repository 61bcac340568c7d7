// Copies a text. The server has masked its secrets.

import { notify } from "./format.js";

export async function copy(write) {
  try {
    const text = await write();
    await navigator.clipboard.writeText(text);
    notify(text.includes("•••") ? "Copied; secrets are masked as •••" : "Copied");
  } catch (error) {
    notify(`Not copied: ${error.message}`, true);
  }
}
