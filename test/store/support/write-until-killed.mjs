// Opens a session and writes messages without end. Prints each id once the store has taken it.
import { writeSync } from "node:fs";

import { openStore } from "../../../dist/src/store/index.js";

const [directory, sessionId] = process.argv.slice(2);
// On a busy machine as well, each line is to be in the journal when its call returns.
const store = openStore({ directory, limits: { maxBlockedMs: Infinity } });
store.open({ id: sessionId, started_at: "2025-08-18T14:30:22.123456+05:30", software: {} });

let n = 0;
function writeSome() {
  for (let i = 0; i < 20; i += 1) {
    n += 1;
    const id = `m_${n}`;
    store.add(sessionId, {
      role: "user",
      content: `message number ${n} of a conversation that ends without a word`,
      timestamp: "2025-08-18T14:30:23.123456+05:30",
      source: "deepgram_stt",
      id,
      turn_id: `t_${n}`,
    });
    writeSync(1, `${id}\n`);
  }
  setImmediate(writeSome);
}
writeSome();
