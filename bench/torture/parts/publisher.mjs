/** Publishes one small conversation after the other as fast as it can. Options: `directory`. */
import { writeSync } from "node:fs";

import { openStore } from "../../../dist/src/store/index.js";
import { operationAt, perform } from "./story.mjs";

const MESSAGES = 16;
const VERSIONS_PER_SESSION = 10_000;

const { directory } = JSON.parse(process.argv[2]);
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
const store = openStore({ directory });
let version = 0;
for (let n = 1; ; n += 1) {
  const id = `published-${n}`;
  const started_at = new Date(Date.UTC(2025, 0, 1) + n * 1000)
    .toISOString()
    .replace("Z", "000+00:00");
  store.open({ id, started_at, software: {} });
  for (let index = 1; index < MESSAGES - 1; index += 1) {
    perform(store, id, operationAt(id, index, MESSAGES));
  }
  const counter = { ...operationAt(id, 2, MESSAGES).message, id: "counter" };
  store.add(id, { ...counter, timestamp: started_at, content: String(version) });
  for (let count = 0; count < VERSIONS_PER_SESSION; count += 1) {
    version += 1;
    store.amend(id, "counter", { content: String(version) });
    await store.flush();
    if (version % 1000 === 0) writeSync(3, `${version}\n`);
  }
  store.close(id, { ended_at: started_at });
  await store.flush();
}
