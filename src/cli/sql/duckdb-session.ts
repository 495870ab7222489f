import {
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBListType,
  DuckDBListValue,
  type DuckDBAppender,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBStructType,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  StatementType,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";
import type { ColumnType, ColumnValue } from "../../insight/index.js";
import type { JsonValue } from "../../record/index.js";
import { RefusedSqlError, findNamesRead } from "./check-statement.js";
import type { EngineRequest, PreparedSql, TableToMake } from "./engine-messages.js";
import { toJsonValue } from "./to-json-value.js";

/** What the SQL must not change, as DuckDB's settings. All of it is in memory. */
const SETTINGS = {
  // Nothing that people said goes to a disk.
  temp_directory: "",
  max_temp_directory_size: "0MB",
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
  allow_unsigned_extensions: "false",
  allow_persistent_secrets: "false",
  // It comes last, because DuckDB then refuses other settings.
  enable_external_access: "false",
};

const TYPES: { readonly [type in ColumnType]: DuckDBType } = {
  VARCHAR,
  "VARCHAR[]": LIST(VARCHAR),
  INTEGER,
  DOUBLE,
  BOOLEAN,
  TIMESTAMP,
  TIMESTAMPTZ,
  JSON: VARCHAR,
};

interface OpenTable {
  appender: DuckDBAppender;
  columns: TableToMake["columns"];
}

/** A database in memory that only reads once it is open. */
export class DuckDbSession {
  readonly #connection: DuckDBConnection;
  readonly #tables: ReadonlyMap<string, OpenTable>;
  #sql = "";
  #result: DuckDBResult | undefined;

  private constructor(connection: DuckDBConnection, tables: ReadonlyMap<string, OpenTable>) {
    this.#connection = connection;
    this.#tables = tables;
  }

  /** Rejects if DuckDB does not confirm that it is locked. */
  static async open({
    memoryMib,
    threads,
    tables,
  }: Omit<Extract<EngineRequest, { ask: "open" }>, "ask">): Promise<DuckDbSession> {
    const instance = await DuckDBInstance.create(":memory:", {
      ...SETTINGS,
      threads: String(threads),
      memory_limit: `${memoryMib}MiB`,
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    const opened = new Map<string, OpenTable>();
    for (const { name, columns, sql } of tables) {
      if (sql === undefined) {
        const list = columns.map((column) => `${quote(column.name)} ${column.type}`).join(", ");
        await connection.run(`CREATE TABLE ${quote(name)} (${list})`);
        opened.set(name, { appender: await connection.createAppender(name), columns });
      } else {
        const list = columns.map((column) => quote(column.name)).join(", ");
        await connection.run(`CREATE VIEW ${quote(name)} (${list}) AS ${sql}`);
      }
    }
    await connection.run("SET lock_configuration = true");
    const locked = await connection.runAndReadAll(
      "SELECT current_setting('lock_configuration') AND NOT current_setting('enable_external_access')",
    );
    if (locked.getRows()[0]?.[0] !== true)
      throw new Error("this version of DuckDB cannot be locked, so no SQL is run in it");
    return new DuckDbSession(connection, opened);
  }

  /** Rejects with DuckDB's error or a `RefusedSqlError`. */
  async prepare(sql: string): Promise<PreparedSql> {
    // DuckDB would read up to it, and what follows would not be checked.
    if (sql.includes("\0")) throw new RefusedSqlError("there is a NUL character in it");
    const { count } = await this.#connection.extractStatements(sql);
    if (count !== 1)
      throw new RefusedSqlError(
        count === 0 ? "there is no statement in it" : "it must be one statement alone",
      );
    const read = await this.#connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [
      sql,
    ]);
    const reads = findNamesRead(JSON.parse(String(read.getRows()[0]?.[0])));
    this.#sql = sql;
    const statement = await this.#prepareAgain();
    return { reads, columns: describeColumns(statement) };
  }

  append(table: string, columns: ColumnValue[][], rowCount: number): void {
    const opened = this.#tables.get(table);
    if (opened === undefined) throw new Error(`there is no table ${table}`);
    const types = opened.columns.map(({ type }) => TYPES[type]);
    const chunk = DuckDBDataChunk.create(types, rowCount);
    for (const [at, { type }] of opened.columns.entries())
      chunk.setColumnValues(
        at,
        (columns[at] ?? []).map((value) => toDuckDbValue(value, type)),
      );
    opened.appender.appendDataChunk(chunk);
  }

  async run(): Promise<void> {
    for (const { appender } of this.#tables.values()) appender.flushSync();
    // A plan from before the rows came may rely on there being none.
    const statement = await this.#prepareAgain();
    this.#result = await statement.stream();
  }

  /** The next rows; none after the last one. */
  async fetch(): Promise<JsonValue[][]> {
    const chunk = await this.#result?.fetchChunk();
    return (chunk?.getRows() ?? []).map((row) => row.map(toJsonValue));
  }

  async #prepareAgain(): Promise<DuckDBPreparedStatement> {
    const statements = await this.#connection.extractStatements(this.#sql);
    const statement = await statements.prepare(0);
    if (statement.statementType !== StatementType.SELECT)
      throw new RefusedSqlError("only one SELECT may run");
    if (statement.parameterCount > 0)
      throw new RefusedSqlError("it has a parameter; write the value in its place");
    return statement;
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function toDuckDbValue(value: ColumnValue, type: ColumnType): DuckDBValue {
  if (value === undefined) return null;
  if (type === "TIMESTAMP") return new DuckDBTimestampValue(BigInt(value as number));
  if (type === "TIMESTAMPTZ") return new DuckDBTimestampTZValue(BigInt(value as number));
  return typeof value === "object" ? new DuckDBListValue([...value]) : value;
}

/** The columns of a result, each with a name of its own. */
function describeColumns(statement: DuckDBPreparedStatement): PreparedSql["columns"] {
  const types = Array.from({ length: statement.columnCount }, (_, at) => statement.columnType(at));
  const taken = new Set<string>();
  return types.map((type, at) => {
    const given = statement.columnName(at);
    if (hasLostParts(type))
      throw new RefusedSqlError(
        `the column ${given} has parts without a usable name; name them, as in {'a': 1, 'b': 2}`,
      );
    let name = given;
    for (let n = 2; taken.has(name); n += 1) name = `${given}_${n}`;
    taken.add(name);
    return { name, type: type.toString() };
  });
}

/**
 * `row(1, 2)` has parts without names, of which the driver keeps the last one only. Nor does it keep a
 * part with this name.
 */
function hasLostParts(type: DuckDBType): boolean {
  if (type instanceof DuckDBStructType)
    return (
      type.entryNames.some(
        (name) => name === "__proto__" || (name === "" && type.entryCount > 1),
      ) || type.entryTypes.some(hasLostParts)
    );
  return type instanceof DuckDBListType && hasLostParts(type.valueType);
}
