import { conversationsTable } from "./conversations-table.js";
import { eventsTable } from "./events-table.js";
import { findingsTable } from "./findings-table.js";
import { messagesTable } from "./messages-table.js";
import type { CallTable, CallView } from "./table.js";
import { turnsView } from "./turns-view.js";
import { unspokenTable } from "./unspoken-table.js";
import { wordsTable } from "./words-table.js";

/** The tables of calls, in the order of the documentation. */
export const CALL_TABLES: readonly CallTable[] = [
  conversationsTable,
  messagesTable,
  findingsTable,
  eventsTable,
  unspokenTable,
  wordsTable,
];

/** The views over `CALL_TABLES`. */
export const CALL_VIEWS: readonly CallView[] = [turnsView];
