import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TalkTraceConfig } from "../../../src/config/index.js";
import { writeIndexFile } from "../../../src/source/call-index/index-file.js";
import { readCalls } from "../../../src/source/call-index/read-calls.js";
import { INDEX_FILE_NAME } from "../../../src/store/index.js";
import { countOf } from "../../support/counts.js";
import { conversationOf } from "../source-contract.js";
import { plain, readIndexed, readWhole } from "./support/calls-of-folder.js";

/** Each file counts as unchanged for long, and any call is worth an index. */
const AT_ONCE = { stepMs: -60_000, worthCalls: 1 };
const CALLS = 40;
const OTHER_FILES = countOf(2_000, 20_000);

let folder: string;
let indexPath: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-hostile-index-"));
  indexPath = join(folder, INDEX_FILE_NAME);
  for (let n = 0; n < CALLS; n += 1) put(nameOf(n), `words of call ${n}`);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function nameOf(n: number): string {
  return `conversation_20260101_0900${String(n).padStart(2, "0")}`;
}

function put(name: string, content: string, into = folder): void {
  const conversation = conversationOf("2026-01-01T09:00:00.000000+00:00", content);
  writeFileSync(join(into, `${name}.json`), JSON.stringify(conversation));
}

/** How many calls a reading did not find in the index. */
async function countRead(from = folder): Promise<number> {
  let read = 0;
  const onProgress = (): void => {
    read += 1;
  };
  for await (const { call } of readCalls(from, { onProgress }, AT_ONCE)) void call;
  return read;
}

/** Whatever was done to an index: what it tells is true, and it is in use again after that. */
async function expectTruth(from = folder, readings = 1): Promise<void> {
  const whole = await readWhole(from);
  for (let n = 0; n < readings; n += 1) expect(await readIndexed(from, AT_ONCE)).toEqual(whole);
  expect(await countRead(from)).toBe(0);
  expect(await readIndexed(from, AT_ONCE)).toEqual(whole);
}

it("An index is made by the first reading, and the second reads no call", async () => {
  expect(await countRead()).toBe(CALLS);
  await expectTruth();
});

it("An index of another version is not used, and is replaced", async () => {
  await countRead();
  writeIndexFile(indexPath, "another version", []);
  expect(await countRead()).toBe(CALLS);
  await expectTruth();
});

it("An index that was cut short at any length tells nothing false, and is made anew", async () => {
  await countRead();
  const whole = readFileSync(indexPath);
  expect(whole.length).toBeGreaterThan(10_000);
  for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 23)) {
    writeFileSync(indexPath, whole);
    truncateSync(indexPath, length);
    // The first reading only drops the rows that are cut off.
    await expectTruth(folder, 2);
  }
});

it("The index of another folder with the same names is not believed", async () => {
  await countRead();
  const other = mkdtempSync(join(tmpdir(), "talktrace-hostile-index-"));
  try {
    for (let n = 0; n < CALLS; n += 1) put(nameOf(n), `words of folder ${n}`, other);
    for (let n = 0; n < CALLS; n += 1) {
      const { atime, mtime } = statSync(join(folder, `${nameOf(n)}.json`));
      utimesSync(join(other, `${nameOf(n)}.json`), atime, mtime);
    }
    copyFileSync(indexPath, join(other, INDEX_FILE_NAME));
    expect(await countRead(other)).toBe(CALLS);
    await expectTruth(other);
  } finally {
    rmSync(other, { recursive: true });
  }
});

it("A folder that was copied with its index and its times is read anew", async () => {
  await countRead();
  const copy = `${folder}-copy`;
  try {
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
    expect(await countRead(copy)).toBe(CALLS);
    await expectTruth(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

/** A program that reads the folder with worker threads, and prints the words of each call. */
function programOf(from: string): string {
  const module = pathToFileURL(resolve("dist/src/source/call-index/read-calls.js")).href;
  return `
    const { readCalls } = await import(${JSON.stringify(module)});
    const texts = [];
    for await (const { call } of readCalls(${JSON.stringify(from)}, {}, ${JSON.stringify(AT_ONCE)}))
      texts.push(call.messages.map(({ content }) => content));
    console.log(JSON.stringify(texts));`;
}

async function runNode(code: string): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const data of child.stdout.setEncoding("utf8")) text += data as string;
  return text;
}

it("Three processes that make an index at once all tell the truth, and leave a whole index", async () => {
  const told = await Promise.all(Array.from({ length: 3 }, () => runNode(programOf(folder))));
  expect(JSON.parse(told[0] ?? "null")).toHaveLength(CALLS);
  expect(new Set(told).size).toBe(1);
  expect(readdirSync(folder).filter((name) => name.startsWith(INDEX_FILE_NAME))).toEqual([
    INDEX_FILE_NAME,
  ]);
  await expectTruth();
});

it("In a folder that a user may only read, the index lies in that user's cache", () => {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const cache = mkdtempSync(join(tmpdir(), "talktrace-cache-"));
  if (isRoot) chownSync(cache, 65_534, 65_534);
  chmodSync(folder, 0o555);
  try {
    const run = (code: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", code], {
        ...user,
        env: { ...process.env, XDG_CACHE_HOME: cache },
        encoding: "utf8",
      });
    if (run(`await import(${JSON.stringify(resolve("dist/src/source/index.js"))})`).status !== 0) {
      process.stderr.write("not run: only root may read the sources\n");
      return;
    }
    const first = run(programOf(folder));
    expect(first).toMatchObject({ stderr: "", status: 0 });
    expect(JSON.parse(first.stdout)).toHaveLength(CALLS);
    expect(readdirSync(folder)).toHaveLength(CALLS);
    expect(readdirSync(join(cache, "talktrace"))).toHaveLength(1);
    expect(run(programOf(folder)).stdout).toBe(first.stdout);
  } finally {
    chmodSync(folder, 0o755);
    rmSync(cache, { recursive: true });
  }
});

it("A clock that jumps ahead or back by years makes no index tell what is false", async () => {
  const settings = { worthCalls: 1 };
  vi.useFakeTimers({ toFake: ["Date"] });
  for (const year of [2020, 2096, 1970, 2031, 2026]) {
    vi.setSystemTime(new Date(year, 5, 1));
    put(nameOf(1), `words of ${year}`);
    expect(await readIndexed(folder, settings)).toEqual(await readWhole(folder));
    put(nameOf(1), `speech in ${year}`);
    expect(await readIndexed(folder, settings)).toEqual(await readWhole(folder));
  }
});

it("A file that was replaced by one of the same size and time is read anew", async () => {
  await countRead();
  const path = join(folder, `${nameOf(3)}.json`);
  for (const [at, replace] of [
    (text: string) => writeFileSync(path, text),
    (text: string) => {
      writeFileSync(join(folder, "new"), text);
      renameSync(join(folder, "new"), path);
    },
  ].entries()) {
    const { atime, mtime } = statSync(path);
    const text = readFileSync(path, "utf8");
    replace(text.replaceAll("words of", `w${at}rds of`));
    utimesSync(path, atime, mtime);
    expect(statSync(path).size).toBe(text.length);
    expect(await countRead()).toBe(1);
    await expectTruth();
  }
});

it("Thousands of files of other names cost a folder no reading of them", async () => {
  for (let n = 0; n < OTHER_FILES; n += 1) writeFileSync(join(folder, `other-${n}.dat`), "");
  expect(await countRead()).toBe(CALLS);
  await expectTruth();
});

it("Files and a folder that are removed during the reading are left out, and nothing fails", async () => {
  for (const isIndexed of [false, true]) {
    if (isIndexed) await countRead();
    const told: object[] = [];
    for await (const { call, error } of readCalls(folder, {}, AT_ONCE)) {
      if (told.length === 0)
        for (let n = 0; n < CALLS - 30; n += 1)
          rmSync(join(folder, `${nameOf(n)}.json`), { force: true });
      expect(error).toBeUndefined();
      if (call !== undefined) told.push(plain(call));
    }
    expect(told.length).toBeGreaterThanOrEqual(30);
    await expectTruth();
  }
  for await (const { call } of readCalls(folder, {}, AT_ONCE)) {
    rmSync(folder, { recursive: true, force: true });
    void call;
  }
  await expect(readIndexed(folder, AT_ONCE)).rejects.toThrow("there is no such folder");
});

it("Names that differ in case or form alone, or are those of objects' properties, have a row each", async () => {
  const names = [
    "Refund",
    "refund",
    "REFUND",
    "\u00e9t\u00e9",
    "e\u0301te\u0301",
    "__proto__",
    "constructor",
    "toString",
    "a\nb",
    "  ",
    "x".repeat(240),
    "👩‍👩‍👧",
  ];
  for (const [at, name] of names.entries()) put(name, `words of name ${at}`);
  writeFileSync(join(folder, "__defineGetter__.json"), "no call");
  // A file system that does not tell names apart has fewer of them.
  const there = readdirSync(folder).filter((name) => name.endsWith(".json")).length;
  expect(await countRead()).toBe(there);
  await expectTruth();
});

it.each<[string, () => void]>([
  ["a folder", () => mkdirSync(indexPath)],
  ["a link", () => symlinkSync(join(folder, `${nameOf(0)}.json`), indexPath)],
  ["a link to nothing", () => symlinkSync("/nonexistent/index", indexPath)],
  ["a pipe", () => expect(spawnSync("mkfifo", [indexPath]).status).toBe(0)],
  ["an empty file", () => writeFileSync(indexPath, "")],
  ["a call", () => copyFileSync(join(folder, `${nameOf(0)}.json`), indexPath)],
])("Where the index should be there is %s: the calls are told as they are", async (_, take) => {
  const before = readFileSync(join(folder, `${nameOf(0)}.json`), "utf8");
  take();
  const whole = await readWhole(folder);
  for (let n = 0; n < 2; n += 1) expect(await readIndexed(folder, AT_ONCE)).toEqual(whole);
  expect(readFileSync(join(folder, `${nameOf(0)}.json`), "utf8")).toBe(before);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

it("The words of a call that was removed or changed leave the index with the next reading", async () => {
  put(nameOf(5), "a zanzibar of words");
  put(nameOf(6), "a quokka of words");
  await countRead();
  const kept = () => readFileSync(indexPath, "latin1");
  expect(kept()).toContain("zanzibar");
  rmSync(join(folder, `${nameOf(5)}.json`));
  put(nameOf(6), "[withheld]");
  // A call or two are not worth a new index for its speed.
  const settings = { ...AT_ONCE, worthCalls: 64 };
  await readIndexed(folder, settings);
  expect(kept()).not.toContain("zanzibar");
  expect(kept()).not.toContain("quokka");
  await expectTruth();
});

const OWN_RULES: TalkTraceConfig = { limits: { slowReplyS: { warn: 0.1 } } };
const OTHER_RULES: TalkTraceConfig = { limits: { slowReplyS: { warn: 0.2 } } };

it.each<[string, TalkTraceConfig | undefined, TalkTraceConfig | undefined]>([
  ["rules of one's own, read without", OWN_RULES, undefined],
  ["no rules of one's own, read with", undefined, OWN_RULES],
  ["rules of one's own, read with others", OWN_RULES, OTHER_RULES],
])(
  "Words that were removed or changed leave the index of %s",
  async (_what, configBefore, config) => {
    put(nameOf(5), "a zanzibar of words");
    put(nameOf(6), "a quokka of words");
    await readIndexed(folder, AT_ONCE, configBefore);
    const left = (word: string): string[] =>
      readdirSync(folder).filter((name) =>
        readFileSync(join(folder, name), "latin1").includes(word),
      );
    const own = `${INDEX_FILE_NAME}${configBefore === undefined ? "" : "-own-rules"}`;
    expect([left("zanzibar"), left("quokka")].map((names) => names.includes(own))).toEqual([
      true,
      true,
    ]);
    for (const worthCalls of [1000, 1]) {
      rmSync(join(folder, `${nameOf(5)}.json`), { force: true });
      put(nameOf(6), "[withheld]");
      await readIndexed(folder, { ...AT_ONCE, worthCalls }, config);
      expect([left("zanzibar"), left("quokka")]).toEqual([[], []]);
      expect(await readIndexed(folder, AT_ONCE, configBefore)).toEqual(
        await readWhole(folder, configBefore),
      );
      put(nameOf(5), "a zanzibar of words");
      put(nameOf(6), "a quokka of words");
      await readIndexed(folder, AT_ONCE, configBefore);
    }
  },
);

it("A reader that stops early writes no index with the old words of calls that it did not read", async () => {
  const names = Array.from(
    { length: 200 },
    (_, n) => `conversation_20270101_${String(100_000 + n)}`,
  ).filter((name) => Number(name.slice(-2)) < 60);
  for (const name of names) put(name, "a quokka of words");
  await countRead();
  const hasOldWords = () => readFileSync(indexPath, "latin1").includes("quokka");
  expect(hasOldWords()).toBe(true);
  for (const name of names) put(name, "[withheld]");
  let seen = 0;
  for await (const { call } of readCalls(folder, {}, AT_ONCE)) {
    seen += call === undefined ? 0 : 1;
    if (seen === 10) break;
  }
  expect(seen).toBe(10);
  expect(hasOldWords()).toBe(false);
  await expectTruth();
});
