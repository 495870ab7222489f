import { InvalidArgumentError, Option } from "commander";
import {
  CALL_TABLES,
  CALL_VIEWS,
  type CallSummary,
  type TableColumn,
} from "../../insight/index.js";
import { messageOf } from "../../platform/message-of.js";
import type { Conversation, JsonValue } from "../../record/index.js";
import { type CommandRun, type CommandSource, defineCommand } from "../run-command.js";
import type { PreparedSql, ResultColumn } from "../sql/engine-messages.js";
import { type SqlEngine, openSqlEngine } from "../sql/engine.js";
import {
  formatSqlHeadCsv,
  formatSqlRowCsv,
  formatSqlRows,
  formatTables,
} from "../text/sql-rows.js";
import { parseWholeNumber } from "../whole-number.js";

interface QueryOptions {
  sql?: string;
  calls?: string;
  tables?: boolean;
  csv?: boolean;
  limit: number;
  timeLimit: number;
  memory: number;
}

/** A row of the result, by the names of its columns. A number that JSON cannot hold is a text. */
export interface SqlRow {
  [column: string]: JsonValue;
}

/** A table or a view that SQL reads. */
export interface SqlTable {
  name: string;
  /** What one row is. */
  about: string;
  columns: SqlTableColumn[];
}

export interface SqlTableColumn {
  name: string;
  /** By its name in DuckDB. */
  type: string;
  /** The unit of its numbers. */
  unit?: string;
  /** What it says. */
  about: string;
}

type QueryAnswer =
  | { tables: SqlTable[] }
  | {
      tables?: undefined;
      columns: ResultColumn[];
      /** Empty if they were written as they came. */
      rows: JsonValue[][];
      count: number;
      /** Whether there are more rows than the limit. */
      hasMore: boolean;
      /** How many calls were read; undefined if the SQL reads no table of calls. */
      calls: number | undefined;
      isWritten: boolean;
    };

export const queryCommand = defineCommand<QueryOptions, QueryAnswer>({
  options: [
    new Option("--calls <query>", "only calls that fit, as list takes it, e.g. 'since:7d'"),
    new Option("--tables", "print the tables with their columns, types and units"),
    new Option("--csv", "print CSV").conflicts(["json", "jsonl"]),
    new Option("--limit <n>", "how many rows at most").argParser(parseWholeNumber).default(1000),
    new Option("--time-limit <seconds>", "how long the SQL may run")
      .argParser(parseWholeNumber)
      .default(30),
    new Option("--memory <MiB>", "how much memory calls and SQL may take")
      .argParser(parseWholeNumber)
      .default(1024),
  ],
  readsSource: true,
  examples: [
    "talktrace query --tables",
    "talktrace query 'SELECT llm_model, count(*), median(e2e_s) FROM messages GROUP BY ALL'",
    "talktrace query --calls since:7d --csv 'FROM findings' > findings.csv",
  ],
  async answer(source, options, run) {
    if (options.tables === true) return { tables: [...CALL_TABLES, ...CALL_VIEWS].map(describe) };
    const { sql } = options;
    if (sql === undefined)
      throw new InvalidArgumentError("Give a SELECT, or --tables to see what it can read.");
    const { fits } = source.parseQuery(options.calls ?? "");
    const engine = await openSqlEngine({ timeS: options.timeLimit, memoryMib: options.memory });
    try {
      const prepared = await engine.prepare(sql === "-" ? await readInput() : sql);
      const calls = await loadCalls(source, engine, prepared, fits, run);
      return { calls, ...(await runSql(engine, prepared, options, run)) };
    } finally {
      engine.end();
    }
  },
  toText(answer, screen) {
    if (answer.tables !== undefined) return formatTables(answer.tables, screen);
    return answer.isWritten ? "" : formatSqlRows(answer.columns, answer.rows, screen);
  },
  toJson: (answer) => answer.tables ?? answer.rows,
  toNotes(answer) {
    if (answer.tables !== undefined) return [];
    return [
      ...(answer.calls === 0 ? ["No call fits"] : []),
      ...(answer.hasMore
        ? [`These are the first ${answer.count} rows, and there are more; --limit gives more`]
        : []),
    ];
  },
});

function describe({
  name,
  about,
  columns,
}: {
  name: string;
  about: string;
  columns: readonly TableColumn[];
}): SqlTable {
  return {
    name,
    about,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      ...(column.unit !== undefined && { unit: column.unit }),
      about: column.about,
    })),
  };
}

async function readInput(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * Gives the engine the rows of the tables that the SQL reads, and of no other. Returns how many calls it
 * read; undefined if the SQL reads no table.
 */
async function loadCalls(
  source: CommandSource,
  engine: SqlEngine,
  { reads }: PreparedSql,
  fits: ReturnType<CommandSource["parseQuery"]>["fits"],
  run: CommandRun,
): Promise<number | undefined> {
  const names = new Set(
    reads.flatMap((name) => [
      name,
      ...(CALL_VIEWS.find((view) => view.name === name)?.reads ?? []),
    ]),
  );
  const tables = CALL_TABLES.filter(({ name }) => names.has(name));
  if (tables.length === 0) return undefined;
  if (!tables.some(({ readsConversation }) => readsConversation)) {
    let calls = 0;
    for await (const call of source.readSummaries()) {
      if (!fits(call)) continue;
      calls += 1;
      for (const table of tables) await engine.append(table.name, table.rows(call, undefined));
    }
    return calls;
  }
  const fitting: CallSummary[] = [];
  for await (const call of source.readSummaries()) if (fits(call)) fitting.push(call);
  let calls = 0;
  for (const [at, call] of fitting.entries()) {
    run.showProgress(at, fitting.length);
    const conversation = await readOrReport(source, call.name, run);
    if (conversation === undefined) continue;
    calls += 1;
    for (const table of tables) await engine.append(table.name, table.rows(call, conversation));
  }
  run.showProgress(fitting.length, fitting.length);
  return calls;
}

async function readOrReport(
  source: CommandSource,
  name: string,
  run: CommandRun,
): Promise<Conversation | undefined> {
  try {
    return await source.read(name);
  } catch (error) {
    run.report(`${messageOf(error)}; left out`);
    run.setExitCode(1);
    return undefined;
  }
}

/** Runs the SQL. JSON and CSV are written row by row, since a result may be large. */
async function runSql(
  engine: SqlEngine,
  { columns }: PreparedSql,
  { limit, csv = false }: QueryOptions,
  run: CommandRun,
): Promise<Omit<Extract<QueryAnswer, { rows: unknown }>, "calls">> {
  const rows: JsonValue[][] = [];
  let count = 0;
  let hasMore = false;
  for await (const row of engine.run()) {
    if (count === 0 && csv) await run.writeData(formatSqlHeadCsv(columns));
    if (count === limit) {
      hasMore = true;
      run.setExitCode(1);
      break;
    }
    count += 1;
    if (csv) await run.writeData(formatSqlRowCsv(columns, row));
    else if (run.isJson) run.emit(toObject(columns, row), () => "");
    else rows.push(row);
  }
  if (count === 0 && csv) await run.writeData(formatSqlHeadCsv(columns));
  return { columns, rows, count, hasMore, isWritten: csv };
}

function toObject(columns: readonly ResultColumn[], row: readonly JsonValue[]): SqlRow {
  return Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null]));
}
