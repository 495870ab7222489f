import type { ColumnType, ColumnValue } from "../../insight/index.js";
import type { JsonValue } from "../../record/index.js";

/** A table without rows, or a view if it has `sql`. */
export interface TableToMake {
  name: string;
  columns: readonly { name: string; type: ColumnType }[];
  sql?: string;
}

/** What SQL gives: a column of its result. */
export interface ResultColumn {
  /** Unique in its result. */
  name: string;
  /** By its name in DuckDB, e.g. `BIGINT`. */
  type: string;
}

/** A statement that may run. */
export interface PreparedSql {
  /** The names of tables, views and expressions that it reads, in lower case. */
  reads: string[];
  columns: ResultColumn[];
}

/** What the engine's process can be asked. Each answer has the type that `EngineAnswers` says. */
export type EngineRequest =
  | { ask: "open"; memoryMib: number; threads: number; tables: readonly TableToMake[] }
  | { ask: "prepare"; sql: string }
  | { ask: "append"; table: string; columns: ColumnValue[][]; rowCount: number }
  | { ask: "run" }
  | { ask: "fetch" };

export interface EngineAnswers {
  open: null;
  prepare: PreparedSql;
  append: null;
  run: null;
  /** The next rows; none after the last one. */
  fetch: JsonValue[][];
}

/** Which kind of error it is: the SQL cannot be understood or is refused, or running it failed. */
export interface EngineError {
  kind: "sql" | "failure";
  text: string;
}

export type EngineReply =
  | { id: number; value: EngineAnswers[keyof EngineAnswers]; error?: undefined }
  | { id: number; error: EngineError }
  /** The process uses more memory than it may. */
  | { id?: undefined; isTooLarge: true };
