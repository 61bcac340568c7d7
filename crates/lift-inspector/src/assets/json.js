// JSON with indents and colors, made from the text, so that numbers and the order of fields stay. JSON in
// a string, such as the message in an event, is expanded.

import { element } from "./format.js";

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;

// A longer text makes the page slow.
const MAX_CHARACTERS = 200_000;

export function isJson(text) {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// The text in lines, indented.
export function pretty(text) {
  let out = "";
  print(text, (part) => { out += part; }, "", () => false);
  return out;
}

// An element with the text, colored if it is JSON.
export function payload(text) {
  const box = element("pre", "payload");
  box.tabIndex = 0;
  if (text.length > MAX_CHARACTERS || !isJson(text)) {
    box.append(text.slice(0, MAX_CHARACTERS));
    if (text.length > MAX_CHARACTERS) box.append(element("em", "", `\n… ${text.length - MAX_CHARACTERS} more characters: copy it to see all`));
    return box;
  }
  const add = (part, kind) => box.append(kind ? element("span", kind, part) : part);
  print(text, add, "", isJson);
  return box;
}

function print(text, add, indent, opens) {
  const tokens = text.match(TOKENS) ?? [];
  let depth = 0;
  const line = () => add(`\n${indent}${"  ".repeat(depth)}`);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    const next = tokens[i + 1];
    if (token === "{" || token === "[") {
      const isEmpty = next === "}" || next === "]";
      add(isEmpty ? token + next : token, "sign");
      if (isEmpty) i++;
      else depth++, line();
    } else if (token === "}" || token === "]") {
      depth--;
      line();
      add(token, "sign");
    } else if (token === ",") {
      add(",", "sign");
      line();
    } else if (token === ":") {
      add(": ", "sign");
    } else if (token[0] === '"') {
      string(token, next === ":", add, `${indent}${"  ".repeat(depth)}`, opens);
    } else {
      add(token, /[a-z]/.test(token[0]) ? "word" : "number");
    }
  }
}

function string(token, isName, add, indent, opens) {
  const inner = !isName && token.length > 2 && /[{[]/.test(token[1]) && JSON.parse(token);
  if (isName) return add(token, "name");
  if (inner && opens(inner)) {
    add("string of ", "note");
    return print(inner, add, indent, opens);
  }
  add(token, token.includes("•••") ? "masked" : "text");
}
