import { type Conversation, readTimestamp } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";

/** The types of columns, by their names in DuckDB. */
export type ColumnType =
  | "VARCHAR"
  | "VARCHAR[]"
  | "INTEGER"
  | "DOUBLE"
  | "BOOLEAN"
  | "TIMESTAMP"
  | "TIMESTAMPTZ"
  | "JSON";

/**
 * A value of a column; undefined is NULL. `TIMESTAMP` and `TIMESTAMPTZ` are microseconds since 1970,
 * and `JSON` is its text.
 */
export type ColumnValue = string | number | boolean | readonly string[] | undefined;

/** A column, as people and other programs are told of it. */
export interface TableColumn {
  name: string;
  type: ColumnType;
  /** The unit of its numbers, e.g. `s`. */
  unit?: string;
  /** What it says. */
  about: string;
}

/** A column, and its value in a row that is made of an `Entry`. */
export interface FilledColumn<Entry> extends TableColumn {
  of(entry: Entry): ColumnValue;
}

/** A table that holds rows of every call. */
export interface CallTable {
  name: string;
  /** What one row is. */
  about: string;
  columns: readonly TableColumn[];
  /** Whether a row needs the conversation itself. Without it, the call's summary is enough. */
  readsConversation: boolean;
  /** The rows of a call, with a value for each column. `conversation` is there if it is needed. Pure. */
  rows(call: CallSummary, conversation: Conversation | undefined): ColumnValue[][];
}

/** A view over tables. */
export interface CallView {
  name: string;
  about: string;
  columns: readonly TableColumn[];
  /** The names of the tables that it reads. */
  reads: readonly string[];
  /** A `SELECT` with the columns in their order. */
  sql: string;
}

/** A table of which each entry is a row. */
export function tableOfSummaries<Entry>(
  name: string,
  about: string,
  columns: readonly FilledColumn<Entry>[],
  listEntries: (call: CallSummary) => readonly Entry[],
): CallTable {
  return {
    name,
    about,
    columns,
    readsConversation: false,
    rows: (call) => fillRows(columns, listEntries(call)),
  };
}

/** Like `tableOfSummaries()`, for entries that only the conversation has. */
export function tableOfConversations<Entry>(
  name: string,
  about: string,
  columns: readonly FilledColumn<Entry>[],
  listEntries: (call: CallSummary, conversation: Conversation) => readonly Entry[],
): CallTable {
  return {
    name,
    about,
    columns,
    readsConversation: true,
    rows: (call, conversation) =>
      conversation === undefined ? [] : fillRows(columns, listEntries(call, conversation)),
  };
}

function fillRows<Entry>(
  columns: readonly FilledColumn<Entry>[],
  entries: readonly Entry[],
): ColumnValue[][] {
  return entries.map((entry) => columns.map(({ of }) => of(entry)));
}

/** The column by which rows of all tables are joined. */
export const CALL_COLUMN: FilledColumn<{ call: CallSummary }> = {
  name: "call",
  type: "VARCHAR",
  about: "the call's name",
  of: ({ call }) => call.name,
};

/** The columns `timestamp` and `timestamp_local` of a moment. */
export function momentColumns<Entry>(
  about: string,
  find: (entry: Entry) => string | undefined,
): [FilledColumn<Entry>, FilledColumn<Entry>] {
  return [
    { name: "timestamp", type: "TIMESTAMPTZ", about, of: (entry) => instantOf(find(entry)) },
    {
      name: "timestamp_local",
      type: "TIMESTAMP",
      about: "the same by the recorder's own clock",
      of: (entry) => localTimeOf(find(entry)),
    },
  ];
}

/** The moment of a timestamp, in microseconds since 1970. Pure. */
export function instantOf(timestamp: string | undefined): number | undefined {
  const atMs = readTimestamp(timestamp);
  return atMs === undefined ? undefined : Math.round(atMs * 1000);
}

/** What the recorder's own clock showed, as if it were UTC: in microseconds since 1970. Pure. */
export function localTimeOf(timestamp: string | undefined): number | undefined {
  const instant = instantOf(timestamp);
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(timestamp ?? "") ?? [];
  if (instant === undefined || sign === undefined) return undefined;
  const offsetMinutes = Number(hours) * 60 + Number(minutes);
  return instant + (sign === "-" ? -1 : 1) * offsetMinutes * 60_000_000;
}

/** The number of a turn; undefined if its id has none. Pure. */
export function turnOf(turnId: string | undefined): number | undefined {
  const [, number] = /^t_(\d{1,9})$/.exec(turnId ?? "") ?? [];
  return number === undefined ? undefined : Number(number);
}

/** The seconds from the session's start to a moment, to a millisecond. Pure. */
export function secondsFromStart(
  timestamp: string | undefined,
  { started_at }: Pick<CallSummary, "started_at">,
): number | undefined {
  const [atMs, startedMs] = [readTimestamp(timestamp), readTimestamp(started_at)];
  if (atMs === undefined || startedMs === undefined) return undefined;
  return Math.round(atMs - startedMs) / 1000;
}
