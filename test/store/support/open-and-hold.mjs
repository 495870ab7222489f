// Opens `count` sessions that all begin in the same second, prints the names of their files, and
// stays until it is killed or told to end by a signal.
import { basename } from "node:path";

import { openStore } from "../../../dist/src/store/index.js";

const [directory, prefix, count] = process.argv.slice(2);
const store = openStore({ directory });
for (let i = 0; i < Number(count); i += 1) {
  const id = `${prefix}_${i}`;
  store.open({ id, started_at: "2025-08-18T14:30:22.123456+05:30", software: {} });
  process.stdout.write(`${id} ${basename(store.pathOf(id))}\n`);
}
process.stdout.write("ready\n");
setInterval(() => undefined, 60_000);
