import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { CALL_TABLES, CALL_VIEWS, type ColumnValue, QueryError } from "../../insight/index.js";
import { LONGEST_TIMER_MS } from "../../platform/at-most.js";
import type { JsonValue } from "../../record/index.js";
import { describeSqlError } from "./describe-sql-error.js";
import type {
  EngineAnswers,
  EngineError,
  EngineReply,
  EngineRequest,
  PreparedSql,
} from "./engine-messages.js";

/** The version with which TalkTrace is tested. */
export const DUCKDB = "@duckdb/node-api@1.5.6-r.1";
/** How many rows DuckDB takes at once. */
const ROWS_A_CHUNK = 2048;
const MOST_THREADS = 4;
/** TypeScript that runs without a build takes the compiled process from `dist`. */
const PROGRAM = new URL(
  import.meta.url.endsWith(".ts")
    ? "../../../dist/src/cli/sql/engine-process.js"
    : "./engine-process.js",
  import.meta.url,
);

export interface SqlLimits {
  /** How long reading and running one statement may take, without the time of the caller. */
  timeS: number;
  /** How much memory the data and the statement may take, in MiB. */
  memoryMib: number;
}

/** Runs SQL over the tables and views of `src/insight/tables`, in a process of its own. */
export interface SqlEngine {
  /**
   * Checks a statement. Rejects with a `QueryError` if it cannot be understood, or may not run.
   */
  prepare(sql: string): Promise<PreparedSql>;
  /** Adds rows to a table. */
  append(table: string, rows: readonly ColumnValue[][]): Promise<void>;
  /**
   * Runs the statement that was prepared last. Rejects if it fails, or reaches a limit, after which the
   * engine is over.
   */
  run(): AsyncGenerator<JsonValue[]>;
  /** Ends the process at once, whatever it does. */
  end(): void;
}

/** Rejects if DuckDB is not installed or cannot be loaded. The message says what to install. */
export async function openSqlEngine(limits: SqlLimits): Promise<SqlEngine> {
  if (!isInstalled())
    throw new Error(
      `Cannot run SQL: DuckDB is not installed, because only this command needs it; run "npm install ${DUCKDB}" (with -g if talktrace is installed that way)`,
    );
  const engine = startProcess(limits);
  try {
    await engine.ask({
      ask: "open",
      memoryMib: limits.memoryMib,
      threads: Math.min(MOST_THREADS, availableParallelism()),
      tables: [...CALL_TABLES, ...CALL_VIEWS].map((table) => ({
        name: table.name,
        columns: table.columns.map(({ name, type }) => ({ name, type })),
        ...("sql" in table && { sql: table.sql }),
      })),
    });
  } catch (error) {
    engine.end();
    throw error;
  }
  const waiting = new Map<string, ColumnValue[][]>();
  let last: Promise<unknown> = Promise.resolve();
  const send = async (table: string, rows: readonly ColumnValue[][]): Promise<void> => {
    await last;
    const columns = (rows[0] ?? []).map((_, at) => rows.map((row) => row[at]));
    last = engine.ask({ ask: "append", table, columns, rowCount: rows.length });
    // Whoever sends the next rows is told.
    last.catch(() => undefined);
  };
  return {
    prepare: (sql) => engine.ask({ ask: "prepare", sql }, limits.timeS),
    async append(table, rows) {
      const held = waiting.get(table) ?? [];
      waiting.set(table, held);
      for (const row of rows) {
        held.push(row);
        if (held.length >= ROWS_A_CHUNK) await send(table, held.splice(0));
      }
    },
    async *run() {
      for (const [table, rows] of waiting) if (rows.length > 0) await send(table, rows.splice(0));
      await last;
      let leftMs = limits.timeS * 1000;
      const within = async <Value>(ask: (timeS: number) => Promise<Value>): Promise<Value> => {
        const startedMs = performance.now();
        const value = await ask(leftMs / 1000);
        leftMs -= performance.now() - startedMs;
        return value;
      };
      await within((timeS) => engine.ask({ ask: "run" }, timeS));
      for (;;) {
        const rows = await within((timeS) => engine.ask({ ask: "fetch" }, timeS));
        if (rows.length === 0) return;
        yield* rows;
      }
    },
    end: engine.end,
  };
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve("@duckdb/node-api");
    return true;
  } catch {
    return false;
  }
}

interface EngineProcess {
  ask<Ask extends EngineRequest["ask"]>(
    request: Extract<EngineRequest, { ask: Ask }>,
    timeS?: number,
  ): Promise<EngineAnswers[Ask]>;
  end(): void;
}

interface Waiting {
  resolve(value: EngineAnswers[keyof EngineAnswers]): void;
  reject(error: Error): void;
}

function startProcess(limits: SqlLimits): EngineProcess {
  const child = fork(fileURLToPath(PROGRAM), {
    // None of the settings and keys of this process is there for SQL to find.
    env: pick(process.env, ["SystemRoot", "TMP", "TEMP"]),
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  let over: Error | undefined;
  const end = (): void => {
    process.off("exit", end);
    child.kill("SIGKILL");
  };
  const fail = (error: Error): void => {
    over ??= error;
    for (const each of waiting.values()) each.reject(over);
    waiting.clear();
    end();
  };
  process.on("exit", end);
  child.on("error", fail);
  child.on("exit", (code, signal) =>
    fail(new Error(`Cannot run this SQL: DuckDB ended by ${signal ?? `code ${String(code)}`}`)),
  );
  child.on("message", (reply: EngineReply) => {
    if (reply.id === undefined) return fail(tooLarge(limits));
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("value" in reply) asked?.resolve(reply.value);
    else asked?.reject(toError(reply.error, limits));
  });
  return {
    end,
    ask<Ask extends EngineRequest["ask"]>(
      request: Extract<EngineRequest, { ask: Ask }>,
      timeS?: number,
    ) {
      const id = nextId++;
      return withLimit(
        new Promise<EngineAnswers[Ask]>((resolve, reject) => {
          if (over !== undefined) return reject(over);
          waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
          tell(child, { id, request });
        }),
        timeS,
        () =>
          fail(
            new Error(
              `Cannot run this SQL: it took longer than ${limits.timeS} s; --time-limit gives it more`,
            ),
          ),
      );
    },
  };
}

/** A child that is over tells so by its exit, so a failure to send needs no second word. */
function tell(child: ChildProcess, message: { id: number; request: EngineRequest }): void {
  child.send(message, () => undefined);
}

async function withLimit<Value>(
  value: Promise<Value>,
  timeS: number | undefined,
  onOver: () => void,
): Promise<Value> {
  if (timeS === undefined) return await value;
  const timer = setTimeout(onOver, Math.min(LONGEST_TIMER_MS, Math.max(0, timeS) * 1000));
  try {
    return await value;
  } finally {
    clearTimeout(timer);
  }
}

function toError({ kind, text }: EngineError, limits: SqlLimits): Error {
  if (text.startsWith("Out of Memory Error")) return tooLarge(limits);
  const told = `Cannot run this SQL: ${describeSqlError(text)}`;
  return kind === "sql" ? new QueryError(told) : new Error(told);
}

function tooLarge({ memoryMib }: SqlLimits): Error {
  return new Error(
    `Cannot run this SQL: it needs more than ${memoryMib} MiB of memory; --memory gives it more, and --calls reads fewer calls`,
  );
}

function pick(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
): { [name: string]: string } {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
