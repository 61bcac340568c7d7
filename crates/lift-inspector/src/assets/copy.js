// Copies: JSON, and a test that replays an event. The server has masked both; put the secrets back into
// a test that needs them.

import { notify } from "./format.js";
import { pretty } from "./json.js";

export async function copy(write) {
  try {
    const text = await write();
    await navigator.clipboard.writeText(text);
    notify(text.includes("•••") ? "Copied; secrets are masked as •••" : "Copied");
  } catch (error) {
    notify(`Not copied: ${error.message}`, true);
  }
}

// A test with lift_ws::test, as a starting point.
export function asTest(text, event, reply) {
  const json = pretty(text);
  // More `#` than the text has after a quotation mark.
  let signs = "#";
  while (json.includes(`"${signs}`)) signs += "#";
  const name = (event.route ?? "event").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toLowerCase();
  const masked = json.includes("•••") ? "    // What the inspector masked reads •••: fill in what the handler needs.\n" : "";
  return `#[tokio::test]
async fn ${name || "event"}_is_answered() {
    let kit = lift_ws::test::Kit::new(app());
${masked}    let event = r${signs}"${json}"${signs};
    let reply = kit.invoke(event).await.unwrap();
    assert_eq!(reply.status(), ${reply?.code ?? 200});
}
`;
}
