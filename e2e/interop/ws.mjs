// npm's ws: node ws.mjs ws://127.0.0.1:3001/local

import { createRequire } from "node:module";
import { scenarios } from "./scenarios.mjs";

const WebSocket = createRequire(new URL("../ws/package.json", import.meta.url))("ws");
console.log(JSON.stringify(await scenarios(WebSocket, process.argv[2])));
