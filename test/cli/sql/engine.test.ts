import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SqlEngine, openSqlEngine } from "../../../src/cli/sql/engine.js";
import { CALL_TABLES, CALL_VIEWS, QueryError, summarizeCall } from "../../../src/insight/index.js";
import type { JsonValue } from "../../../src/record/index.js";
import { generateCall } from "../../support/generate-call.js";

let engine: SqlEngine;
let folder: string;
let server: Server;
let requests = 0;
let address = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-sql-"));
  writeFileSync(join(folder, "secret.csv"), "secret\nhunter2\n");
  server = createServer((_, response) => {
    requests += 1;
    response.end("secret\nhunter2\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  engine = await openSqlEngine({ timeS: 60, memoryMib: 512 });
  const { conversation } = generateCall(7, false);
  for (const table of CALL_TABLES)
    await engine.append(table.name, table.rows(summarizeCall("a", conversation), conversation));
});
afterAll(() => {
  engine.end();
  server.close();
  rmSync(folder, { recursive: true });
});

async function run(sql: string): Promise<JsonValue[][]> {
  await engine.prepare(sql);
  const rows: JsonValue[][] = [];
  for await (const row of engine.run()) rows.push(row);
  return rows;
}

async function runOne(expression: string): Promise<JsonValue | undefined> {
  return (await run(`SELECT ${expression}`))[0]?.[0];
}

/** `@` stands for a folder with a secret in it, and `#` for a server that would tell it. */
const ESCAPES = [
  // Files and addresses.
  "FROM '@/secret.csv'",
  "SELECT * FROM read_csv('@/secret.csv')",
  "SELECT * FROM read_text('@/secret.csv')",
  "SELECT * FROM read_blob('@/secret.csv')",
  "SELECT * FROM read_json_auto('@/secret.csv')",
  "SELECT * FROM parquet_scan('@/secret.csv')",
  "SELECT * FROM sniff_csv('@/secret.csv')",
  "SELECT * FROM glob('@/*')",
  "SELECT * FROM read_duckdb('@/x.db')",
  "SELECT (SELECT content FROM read_text('@/secret.csv'))",
  "WITH x AS (SELECT * FROM Read_Text('@/secret.csv')) FROM x",
  "SELECT * FROM \"read_text\"('@/secret.csv')",
  "SELECT * FROM system.main.read_text('@/secret.csv')",
  "SELECT list(c) FROM (VALUES (1)) v(c) WHERE EXISTS (FROM read_text('@/secret.csv'))",
  "SELECT * FROM messages, LATERAL (FROM read_text('@/secret.csv'))",
  "SUMMARIZE FROM read_csv('@/secret.csv')",
  "DESCRIBE SELECT * FROM read_csv('@/secret.csv')",
  "FROM '#/secret.csv'",
  "SELECT * FROM read_csv('#/secret.csv')",
  // What other statements do.
  "COPY messages TO '@/out.csv'",
  "COPY (SELECT 1) TO '@/out.csv'",
  "COPY messages FROM '@/secret.csv'",
  "EXPORT DATABASE '@/out'",
  "IMPORT DATABASE '@/out'",
  "ATTACH '@/out.db'",
  "ATTACH ':memory:' AS other",
  "INSTALL httpfs",
  "LOAD httpfs",
  "LOAD '@/x.duckdb_extension'",
  "FORCE INSTALL httpfs FROM '#'",
  "CREATE SECRET (TYPE s3)",
  "CREATE TABLE x (a INTEGER)",
  "CREATE VIEW x AS FROM messages",
  "CREATE MACRO f() AS 1",
  "INSERT INTO messages FROM messages",
  "UPDATE messages SET content = 'x'",
  "DELETE FROM messages",
  "DROP TABLE messages",
  "ALTER TABLE messages ADD COLUMN x INTEGER",
  "TRUNCATE messages",
  "COMMENT ON TABLE messages IS 'x'",
  "SET memory_limit = '10GB'",
  "SET VARIABLE x = 1",
  "RESET memory_limit",
  "PRAGMA database_list",
  "PRAGMA enable_profiling",
  "PRAGMA import_database('@/out')",
  "CALL enable_logging()",
  "CALL duckdb_settings()",
  "USE memory",
  "BEGIN",
  "CHECKPOINT",
  "VACUUM",
  "PREPARE v AS SELECT 1",
  "EXECUTE v",
  "DEALLOCATE v",
  "EXPLAIN SELECT 1",
  "EXPLAIN ANALYZE SELECT 1",
  "PIVOT messages ON role USING count(*)",
  "WITH x AS (INSERT INTO messages FROM messages RETURNING *) FROM x",
  // Statements that are a SELECT, and change something or run SQL that nobody has seen.
  "SELECT * FROM enable_profiling()",
  "SELECT * FROM enable_profiling(save_location = '@/out.json', format = 'json')",
  "SELECT * FROM enable_logging(storage = 'file', storage_path = '@/out')",
  "SELECT * FROM disable_logging()",
  "SELECT * FROM truncate_duckdb_logs()",
  "SELECT * FROM force_checkpoint()",
  "SELECT * FROM query('FROM messages')",
  "SELECT * FROM query_table('messages')",
  "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
  "SELECT * FROM duckdb_secrets()",
  "SELECT * FROM duckdb_extensions()",
  "SELECT * FROM duckdb_settings()",
  "SELECT * FROM arrow_scan(1, 2, 3)",
  "SELECT * FROM histogram('messages', 'role')",
  // More or less than one statement, and what only looks like one.
  "SELECT 1; SELECT 2",
  "SELECT 1; DROP TABLE messages",
  "SELECT 1;\nCOPY messages TO '@/out.csv'",
  "SELECT 1 /* ; */; -- \nINSTALL httpfs",
  "SELECT 1\0; DROP TABLE messages",
  "",
  " ; ",
  "-- SELECT 1",
  "/* SELECT 1",
  "SELECT '",
  "SELECT $1",
  "SELECT ?",
  "SELECT $name",
  "SELECT row(1, 2)",
  "SELECT {'__proto__': 1}",
];

describe("SQL that may be anybody's", () => {
  it.each(ESCAPES)("is refused before it runs: %j", async (sql) => {
    const given = sql.replaceAll("@", folder).replaceAll("#", address);
    await expect(engine.prepare(given)).rejects.toThrow(QueryError);
  });

  it("that is wrong is told with its line and its words, and with the nearest name", async () => {
    await expect(engine.prepare("SELECT call,\n  contents FROM messages")).rejects.toThrow(
      /^Cannot run this SQL: Binder Error: .*"contents" not found.*"content".*\(line 2, at: contents FROM messages\); `talktrace query --tables` has the tables and columns$/,
    );
    await expect(engine.prepare("SELECT role FRM messages")).rejects.toThrow(
      /^Cannot run this SQL: Parser Error: syntax error at or near "messages" \(line 1, at: messages\)$/,
    );
  });

  it("is refused if it is nested deeper than DuckDB can follow, and the engine goes on", async () => {
    await expect(engine.prepare(`SELECT ${"NOT ".repeat(50_000)}true`)).rejects.toThrow(QueryError);
    expect(await run("SELECT 1")).toEqual([[1]]);
  });

  it("has read no file and asked no server, and every setting is as it was", async () => {
    expect(readdirSync(folder)).toEqual(["secret.csv"]);
    expect(requests).toBe(0);
    const settings = ["enable_external_access", "lock_configuration", "temp_directory", "TimeZone"];
    expect(
      await run(`SELECT ${settings.map((name) => `current_setting('${name}')`).join(", ")}`),
    ).toEqual([[false, true, "", "UTC"]]);
    expect(new Set((await run("FROM duckdb_tables() SELECT table_name")).flat())).toEqual(
      new Set(CALL_TABLES.map(({ name }) => name)),
    );
    expect(Number(await runOne("count(*) FROM messages"))).toBeGreaterThan(0);
  });

  it("finds nothing of this process's environment", async () => {
    expect(existsSync("/proc/self/environ")).toBe(process.platform === "linux");
    await expect(engine.prepare("SELECT getenv('HOME')")).rejects.toThrow("getenv does not exist");
  });

  it.each([
    "SELECT role, count(*) FROM messages GROUP BY ALL ORDER BY 2 DESC LIMIT 3",
    "WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 5) SELECT sum(a) FROM t",
    "FROM messages SELECT call, e2e_s - lag(e2e_s) OVER (PARTITION BY call ORDER BY position)",
    "SELECT * FROM (PIVOT messages ON role IN ('user', 'agent') USING count(*) GROUP BY call)",
    "UNPIVOT (FROM messages SELECT llm_s, text_to_speech_s) ON COLUMNS(*)",
    "SELECT COLUMNS('.*_s') FROM messages WHERE regexp_matches(content, '\\w+')",
    "FROM messages JOIN conversations USING (call) SELECT quantile_cont(e2e_s, [0.5, 0.95])",
    "SELECT list_transform(tags, lambda t: upper(t)), attributes->>'tenant' FROM conversations",
    "SELECT unnest(message_ids) FROM findings",
    "FROM events, json_each(data) AS d SELECT events.type, d.key",
    "FROM range(3) t(i) LEFT JOIN messages ON position = i",
    "SELECT date_trunc('week', started_local), strftime(started_at, '%G-W%V') FROM conversations;",
    "VALUES (1), (2)",
    "TABLE turns",
    "SUMMARIZE messages",
    "DESCRIBE conversations",
    "SHOW TABLES",
    "SELECT 1 -- and a remark; with a semicolon",
  ])("runs where it only reads: %j", async (sql) => {
    await expect(run(sql)).resolves.toBeInstanceOf(Array);
  });

  it("needs no quotes for any table or column", async () => {
    for (const { name, columns } of [...CALL_TABLES, ...CALL_VIEWS]) {
      const list = columns.map((column) => column.name);
      const prepared = await engine.prepare(`SELECT ${list.join(", ")} FROM ${name}`);
      expect(prepared.columns).toEqual(
        columns.map((column) => ({
          name: column.name,
          type:
            { TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE", JSON: "VARCHAR" }[column.type as string] ??
            column.type,
        })),
      );
      expect(prepared.reads).toContain(name);
    }
  });

  it("fails while it runs with the fact and the value, and the engine goes on", async () => {
    await expect(run("SELECT content::INTEGER FROM messages")).rejects.toThrow(
      /Cannot run this SQL: Conversion Error: Could not convert string/,
    );
    await expect(run("SELECT error('no\u001b[31m')")).rejects.not.toThrow(QueryError);
    expect(await run("SELECT 1")).toEqual([[1]]);
  });
});

describe("a value in JSON", () => {
  it.each<[string, JsonValue]>([
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"],
    ["sum(x) FROM (VALUES (1), (2)) v(x)", 3],
    ["1.50::DECIMAL(10, 2)", 1.5],
    ["0.00::DECIMAL(10, 2)", 0],
    ["123456789012345.6789::DECIMAL(30, 4)", "123456789012345.6789"],
    ["0.1::DOUBLE + 0.2::DOUBLE", 0.1 + 0.2],
    ["'nan'::DOUBLE", "NaN"],
    ["'-infinity'::DOUBLE", "-Infinity"],
    ["DATE '2026-11-22'", "2026-11-22"],
    ["'infinity'::DATE", "infinity"],
    ["TIME '06:05:14.123456'", "06:05:14.123456"],
    ["TIMESTAMP '2026-11-22 06:05:14.123456'", "2026-11-22T06:05:14.123456"],
    ["TIMESTAMPTZ '2026-11-22 06:05:14.123456+05:30'", "2026-11-22T00:35:14.123456+00:00"],
    ["'2026-11-22 06:05:14.123456789'::TIMESTAMP_NS", "2026-11-22T06:05:14.123456789"],
    ["'infinity'::TIMESTAMP", "infinity"],
    ["INTERVAL '1 month 2 days 3 seconds'", "1 month 2 days 00:00:03"],
    ["[1, NULL, 9007199254740993]", [1, null, "9007199254740993"]],
    ["[[1], []]", [[1], []]],
    ["{'a': 1, 'b': {'c': [DATE '2026-01-01']}}", { a: 1, b: { c: ["2026-01-01"] } }],
    [
      "MAP {'a': 1, 'b': 2}",
      [
        { key: "a", value: 1 },
        { key: "b", value: 2 },
      ],
    ],
    ["union_value(k := 1)", { tag: "k", value: 1 }],
    ["[1, 2]::INTEGER[2]", [1, 2]],
    ["'\\xAA\\x5Cx'::BLOB", "aa5c78"],
    ["'101'::BIT", "101"],
    ["'a'::ENUM ('a', 'b')", "a"],
    ["'00000000-0000-0000-0000-000000000001'::UUID", "00000000-0000-0000-0000-000000000001"],
    ["'{\"a\": 9007199254740993}'::JSON", '{"a": 9007199254740993}'],
    ["NULL", null],
    ["true", true],
  ])("of %s loses nothing", async (expression, expected) => {
    expect(await runOne(expression)).toEqual(expected);
  });

  it("of two columns with one name is there twice", async () => {
    const { columns } = await engine.prepare("SELECT 1 AS id, 2 AS id, 3 AS id_2, 4 AS id");
    expect(columns.map(({ name }) => name)).toEqual(["id", "id_2", "id_2_2", "id_3"]);
  });
});
