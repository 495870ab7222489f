import { readdirSync } from "node:fs";
import { join } from "node:path";

import { openStore } from "../../../src/store/index.js";
import type { ConversationStore, StoreOptions } from "../../../src/store/index.js";
import { makeFolder } from "./folder.js";

/** The name of the first conversation that the tests open in a folder. */
export const NAME = "conversation_20250818_143022";

/** What is said of the disk right after a call holds on a busy machine only with this limit. */
export const ALWAYS_AT_ONCE = { maxBlockedMs: Infinity };

export interface WatchedStore {
  store: ConversationStore;
  problems: string[];
  fileNames: () => string[];
}

/** A store in a folder of its own, and what it reports. */
export function makeStore(options: StoreOptions = {}): WatchedStore {
  const problems: string[] = [];
  const store = openStore({
    directory: join(makeFolder(), "new", "conversations"),
    onProblem: (line) => problems.push(line),
    ...options,
    limits: { ...ALWAYS_AT_ONCE, ...options.limits },
  });
  return { store, problems, fileNames: () => readdirSync(store.directory).toSorted() };
}
