import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { Ajv } from "ajv";
import papaparse from "papaparse";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type CallStatistics,
  type CallSummary,
  type LatencyGrouping,
  parseQuery,
  summarizeCall,
  summarizeCalls,
} from "../../src/insight/index.js";
import type { Conversation } from "../../src/record/index.js";
import { startCli } from "../support/demo-process.js";
import { cleanStrings, cleanText } from "../../src/cli/terminal.js";
import { formatSqlRowCsv, formatSqlRows } from "../../src/cli/text/sql-rows.js";
import { generateCall } from "../support/generate-call.js";
import { HOSTILE_TEXTS } from "../support/hostile-text.js";
import { runCli } from "../support/run-cli.js";

const CALLS = 60;
const HOSTILE = "it's \"; DROP TABLE messages; --";
/** What people may say, and what would be something else in SQL, on a terminal or in a spreadsheet. */
const SAID = [
  "'); DROP TABLE messages; --",
  "\"; COPY messages TO '/tmp/x'; --",
  "$1 ? :name {{x}} ${y}",
  '=HYPERLINK("http://example.com")',
  "-1+1",
  "\u001b[31mred\u001b]0;title\u0007",
  "\u202egnitfihs\u2066",
  "line\r\nline\u2028line",
  "\u0000",
  "नमस्ते, 你好, 😀👩‍👩‍👧",
  ...HOSTILE_TEXTS.map(({ make }) => make(12).replaceAll("\ud800", "?")),
];

/** What could control a terminal. */
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

let folder: string;
const summaries: CallSummary[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-query-"));
  mkdirSync(join(folder, "calls"));
  mkdirSync(join(folder, "hostile"));
  for (let seed = 1; seed <= CALLS; seed += 1) {
    const { conversation } = generateCall(seed, seed % 2 === 0);
    const version = seed % 3 === 0 ? "1.5" : "1.4";
    const session = { ...conversation.session, attributes: { version, tenant: `t${seed % 4}` } };
    write("calls", `call_${seed}`, { ...conversation, session });
    summaries.push(summarizeCall(`call_${seed}`, { ...conversation, session }));
  }
  const { conversation } = generateCall(1, false);
  const [first] = conversation.conversation;
  writeFileSync(join(folder, "hostile", "broken.json"), "{");
  write("hostile", HOSTILE, {
    ...conversation,
    conversation: SAID.map((content, at) => ({
      ...first!,
      content,
      id: `m_${at + 1}`,
      seq: at + 1,
    })),
    session: { ...conversation.session, room: SAID[0]!, attributes: { [SAID[1]!]: SAID[0]! } },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(where: string, name: string, conversation: Conversation): void {
  writeFileSync(join(folder, where, `${name}.json`), JSON.stringify(conversation));
}

function query(sql: string, ...options: string[]) {
  return runCli("query", "--directory", join(folder, "calls"), ...options, sql);
}

async function rows<Row>(sql: string, ...options: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await query(sql, "--json", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Row[];
}

interface Group {
  by: string;
  key: string;
  n: number;
  min: number;
  p50: number;
  p95: number;
  max: number;
}

const KEYS = {
  agent: "coalesce(agent, '(unknown)')",
  stt: "coalesce(stt_model, '(unknown)')",
  llm: "coalesce(llm_model, '(unknown)')",
  tts: "coalesce(model, '(unknown)')",
  version: "version",
  hour: "strftime(timestamp_local, '%Y-%m-%dT%H:00')",
  day: "strftime(timestamp_local, '%Y-%m-%d')",
  week: "strftime(timestamp_local, '%G-W%V')",
};

it("SQL over messages gives the groups, percentiles and stages of `talktrace stats`", async () => {
  const figures = (value: string): string =>
    `count(*) AS n, min(${value}) AS min, median(${value}) AS p50, quantile_cont(${value}, 0.95) AS p95, max(${value}) AS max`;
  const waits =
    "FROM messages JOIN conversations USING (call) WHERE e2e_s IS NOT NULL GROUP BY ALL";
  const parts = [
    ...Object.entries(KEYS).map(
      ([by, key]) => `SELECT '${by}' AS by, ${key} AS key, ${figures("e2e_s")} ${waits}`,
    ),
    `SELECT 'stage' AS by, replace(name, '_s_', '') AS key, ${figures("value")}
     FROM (UNPIVOT (SELECT COLUMNS('(.*)_s') AS '\\1_s_' FROM messages WHERE e2e_s IS NOT NULL) ON COLUMNS(*))
     GROUP BY ALL`,
  ];
  const groups = await rows<Group>(parts.join(" UNION ALL "));
  for (const by of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
    const stats = readStats("", by);
    expect(groups.filter((group) => group.by === by).length).toBe(stats.groups.length);
    for (const { key, e2e_s } of stats.groups)
      expectSpread(
        e2e_s,
        groups.find((group) => group.by === by && group.key === key),
      );
  }
  const [all] = readStats("").groups;
  const stages = Object.entries(all?.stages_s ?? {});
  expect(stages.length).toBeGreaterThan(4);
  for (const [stage, spread] of stages)
    expectSpread(
      spread,
      groups.find((group) => group.by === "stage" && group.key === stage),
    );
});

/** What `talktrace stats` answers: test/cli/figures-equal.test.ts holds the command to it. */
function readStats(calls: string, by?: LatencyGrouping): CallStatistics {
  const { fits } = parseQuery(calls);
  return summarizeCalls(summaries.filter(fits), by);
}

function expectSpread(
  spread: { n: number; min: number; p50: number; p95?: number; max: number },
  group: Group | undefined,
): void {
  expect(group?.n).toBe(spread.n);
  for (const name of ["min", "p50", "max"] as const)
    expect(group?.[name]).toBeCloseTo(spread[name], 6);
  expect(spread.p95 ?? group?.p95).toBeCloseTo(group?.p95 ?? NaN, 6);
}

it.each(["", "finding:bad attr.tenant:t1 -lang:de"])(
  "SQL over conversations and findings of --calls %j adds up to `talktrace stats`",
  async (calls) => {
    const stats = readStats(calls);
    const [totals] = await rows<object>(
      `SELECT count(*)::INTEGER AS calls, sum(user_messages) AS user_messages,
         sum(agent_messages) AS agent_messages, sum(interruptions) AS interruptions,
         strftime(min(started_local), '%Y-%m-%d') AS "from",
         strftime(max(started_local), '%Y-%m-%d') AS "to",
         (SELECT list({'rule': rule, 'findings': n, 'calls': c} ORDER BY n DESC, rule) FROM
           (FROM findings SELECT rule, count(*) AS n, count(DISTINCT call) AS c GROUP BY ALL)) AS findings,
         round(median(duration_s), 6) AS p50
       FROM conversations`,
      "--calls",
      calls,
    );
    expect(stats.calls).toBeGreaterThan(1);
    expect(totals).toEqual({
      calls: stats.calls,
      user_messages: stats.user_messages,
      agent_messages: stats.agent_messages,
      interruptions: stats.interruptions,
      from: stats.from,
      to: stats.to,
      findings: stats.findings.map(({ rule, findings, calls: n }) => ({
        rule,
        findings,
        calls: n,
      })),
      p50: stats.duration_s?.p50,
    });
  },
);

it("words that would be SQL come out as they were said, and a call that cannot be read is named and left out", async () => {
  const { code, stdout, stderr } = await runCli(
    "query",
    "--directory",
    join(folder, "hostile"),
    "--json",
    "SELECT call, content, room, attributes FROM messages JOIN conversations USING (call) ORDER BY position",
  );
  const found = JSON.parse(stdout) as { call: string; content: string }[];
  expect(found.map(({ content }) => content)).toEqual(SAID);
  expect(found[0]).toEqual({
    call: HOSTILE,
    content: SAID[0],
    room: SAID[0],
    attributes: JSON.stringify({ [SAID[1]!]: SAID[0]! }),
  });
  expect(stdout.replaceAll("\n", "")).not.toMatch(UNSEEN);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/broken\.json.*; left out\n$/)]);
});

it("no control character of a value or a column's name reaches a terminal, and no formula a spreadsheet", () => {
  const columns = [{ name: "a\u001b[2J", type: "VARCHAR" }];
  const said = SAID.map((content) => [content]);
  const clean = cleanStrings({ columns, said });
  const lines = cleanText(formatSqlRows(clean.columns, clean.said, { columns: 80 })).split("\n");
  expect(lines).toHaveLength(SAID.length + 1);
  for (const line of lines) expect(line.replaceAll(/\u001b\[\d+m/g, "")).not.toMatch(UNSEEN);
  const csv = said.map((row) => formatSqlRowCsv(columns, row)).join("");
  const cells = papaparse.parse<string[]>(csv.replace(/\n$/, "")).data.map(([cell]) => cell);
  expect(cells.map((cell) => cell?.replace(/^'(?=[=+\-@\t\r])/, ""))).toEqual(SAID);
  for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
});

it("`--json`, `--csv` and a table have the same rows, and the schema describes them", async () => {
  const sql =
    "SELECT i AS id, i + 0.5 AS id, CASE WHEN i = 1 THEN '-2' END AS t, -9007199254740993 AS big, [i] AS l, i AS __proto__ FROM range(2) r(i)";
  const json = await query(sql, "--json", "--limit", "2");
  const csv = await query(sql, "--csv");
  const text = await query(sql);
  expect(JSON.stringify(JSON.parse(json.stdout))).toBe(
    '[{"id":0,"id_2":0.5,"t":null,"big":"-9007199254740993","l":[0],"__proto__":0},' +
      '{"id":1,"id_2":1.5,"t":"-2","big":"-9007199254740993","l":[1],"__proto__":1}]',
  );
  expect([json.code, json.stderr]).toEqual([0, ""]);
  expect(csv.stdout).toBe(
    "id,id_2,t,big,l,__proto__\n0,0.5,,-9007199254740993,[0],0\n1,1.5,'-2,-9007199254740993,[1],1\n",
  );
  expect(text.stdout).toBe(
    [
      "id  id_2  t                   big  l    __proto__",
      " 0   0.5  NULL  -9007199254740993  [0]          0",
      " 1   1.5  -2    -9007199254740993  [1]          1",
      "",
    ].join("\n"),
  );
  const schema = JSON.parse(readFileSync("docs/cli.schema.json", "utf8")) as { $id: string };
  const validate = new Ajv({ strict: false })
    .addSchema(schema)
    .compile({ $ref: `${schema.$id}#/properties/query` });
  const { stdout } = await runCli("query", "--tables", "--json");
  for (const each of [json.stdout, stdout]) {
    validate(JSON.parse(each));
    expect(validate.errors).toBeNull();
  }
});

it("a result without rows has its columns, and one above --limit says so with exit code 1", async () => {
  const none = await query("SELECT call FROM messages WHERE false", "--csv");
  expect(none).toMatchObject({ code: 0, stdout: "call\n" });
  const two = await query("SELECT i FROM range(3) r(i)", "--limit", "2", "--jsonl");
  expect(two).toEqual({
    code: 1,
    stdout: '{"i":0}\n{"i":1}\n',
    stderr: "These are the first 2 rows, and there are more; --limit gives more\n",
  });
});

it("a command line without SQL, or with a wrong query of calls, is exit code 2", async () => {
  expect(await runCli("query")).toMatchObject({
    code: 2,
    stderr: "error: Give a SELECT, or --tables to see what it can read.\n",
  });
  expect((await query("SELECT 1", "--calls", "finding:nothing_such")).code).toBe(2);
});

it("a query that ignores every interruption is ended by the time limit, and one that takes memory by its limit", async () => {
  const endless = "SELECT levenshtein(repeat('ab', 1000000), repeat('bc', 1000000))";
  expect(await query(endless, "--time-limit", "1")).toEqual({
    code: 1,
    stdout: "",
    stderr: "Cannot run this SQL: it took longer than 1 s; --time-limit gives it more\n",
  });
  const large = await query("SELECT list_sum(range(2000000000))", "--memory", "64");
  expect(large).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "Cannot run this SQL: it needs more than 64 MiB of memory; --memory gives it more, and --calls reads fewer calls\n",
  });
});

it("Ctrl-C ends a query that runs, and its process with it", async () => {
  // A row never comes. Those before it are more than DuckDB holds back.
  const sql =
    "SELECT i AS n, repeat(i::VARCHAR, 20) AS x, CASE WHEN i = 90000 THEN levenshtein(repeat('ab', 1000000 + i), repeat('bc', 1000000)) END AS y FROM range(100000) r(i)";
  const cli = startCli(["query", "--limit", "100000", "--jsonl", sql]);
  await cli.line(/^\{"n":0,/);
  const children = readChildren(cli.child.pid!);
  expect(children).toHaveLength(process.platform === "linux" ? 1 : 0);
  cli.child.kill("SIGINT");
  expect((await cli.ended).signal).toBe("SIGINT");
  for (const pid of children) await untilGone(pid);
});

function readChildren(pid: number): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    // The process ended meanwhile.
    return undefined;
  }
}

/** The test's own time ends this, if the process stays. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    if (parentOf(String(pid)) === undefined || isDefunct(pid)) return;
    await new Promise((next) => setImmediate(next));
  }
}

function isDefunct(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

it("without DuckDB one line names what to install, and every other command runs", () => {
  const project = join(folder, "project");
  mkdirSync(join(project, "node_modules"), { recursive: true });
  for (const name of ["dist", "package.json"]) symlinkSync(resolve(name), join(project, name));
  for (const name of readdirSync("node_modules").filter((each) => each !== "@duckdb"))
    symlinkSync(resolve("node_modules", name), join(project, "node_modules", name));
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ["--preserve-symlinks", "--preserve-symlinks-main", "dist/src/cli/main.js", ...args],
      { cwd: project, encoding: "utf8" },
    );
  const { status, stdout, stderr } = run("query", "SELECT 1");
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^Cannot run SQL: DuckDB is not installed, .*"npm install @duckdb\/node-api@\S+".*\n$/,
  );
  expect(run("query", "--tables").status).toBe(0);
});
