import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fileNameOf } from "../../src/export/index.js";
import { formatOf, makeCall, readSample } from "../export/support/calls.js";
import { runCli } from "../support/run-cli.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-export-"));
  mkdirSync(join(folder, "calls"));
  writeCall(
    "conversation_20260101_090000",
    makeCall([{ user: "Good morning" }, { agent: "Yes?" }]),
  );
  writeCall("conversation_20261122_060514", readSample());
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeCall(name: string, call: object): void {
  writeFileSync(join(folder, "calls", `${name}.json`), JSON.stringify(call));
}

function run(...args: string[]) {
  return runCli("export", "--directory", join(folder, "calls"), ...args);
}

it("export writes the newest call to stdout", async () => {
  const { code, stdout, stderr } = await run("--format", "txt");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^# conversation_20261122_060514, .*, text: what was heard\nagent: Hello/);
});

it("export writes calls by name in the order in which they are named, into one file", async () => {
  const output = join(folder, "two.txt");
  const { code, stdout } = await run(
    "conversation_20260101_090000",
    join(folder, "calls", "conversation_20261122_060514.json"),
    "--format",
    "txt",
    "-o",
    output,
  );
  expect(code).toBe(0);
  expect(stdout).toContain(output);
  const heads = readFileSync(output, "utf8").match(/^# \w+/gm);
  expect(heads).toEqual(["# conversation_20260101_090000", "# conversation_20261122_060514"]);
  expect(statSync(output).mode & 0o777).toBe(0o600);
});

it("export writes the calls of a query, or all, one file a call into a folder", async () => {
  const output = join(folder, "out");
  expect((await run("--query", "morning", "--format", "jsonl", "-o", `${output}/`)).code).toBe(0);
  expect(readdirSync(output)).toEqual(["conversation_20260101_090000.generated.jsonl"]);
  const { code, stderr } = await run("--all", "--format", "jsonl", "-o", output);
  expect(code).toBe(1);
  expect(stderr).toContain("there is such a file; --force replaces it");
  expect(readdirSync(output)).toHaveLength(2);
  expect((await run("--all", "--format", "jsonl", "-o", output, "--force")).code).toBe(0);
});

it("export --since takes the calls since then", async () => {
  const { code, stdout } = await run("--since", "2026-06-01", "--format", "txt");
  expect(code).toBe(0);
  expect(stdout).toContain("conversation_20261122_060514");
  expect(stdout).not.toContain("conversation_20260101_090000");
});

it("export replaces a file only with --force, and leaves an old one as it was until the new one is whole", async () => {
  const output = join(folder, "call.md");
  writeFileSync(output, "old");
  const refused = await run("--format", "md", "-o", output);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("--force");
  expect(readFileSync(output, "utf8")).toBe("old");
  const failed = await run("nothing_of_this_name", "--format", "md", "-o", output, "--force");
  expect(failed.code).toBe(1);
  expect(readFileSync(output, "utf8")).toBe("old");
  expect((await run("--format", "md", "-o", output, "--force")).code).toBe(0);
  expect(readFileSync(output, "utf8")).toContain("### Transcript");
  expect(readdirSync(folder).toSorted()).toEqual(["call.md", "calls"]);
});

it("export gives each call a file, also where their names differ behind what a file's name takes", async () => {
  for (const end of ["1", "2", "3"]) writeCall(`${"a".repeat(210)}${end}`, readSample());
  const output = join(folder, "out");
  mkdirSync(output);
  expect((await run("--all", "--format", "txt", "-o", output)).code).toBe(0);
  const long = readdirSync(output).filter((name) => name.startsWith("aaa"));
  expect(long.toSorted()).toEqual(
    ["-2.txt", "-3.txt", ".txt"].map((ending) => `${"a".repeat(200)}${ending}`),
  );
});

it("export says why it cannot write, and leaves nothing behind", async () => {
  const { code, stderr } = await run("--format", "md", "-o", join(folder, "nowhere", "x.md"));
  expect(code).toBe(1);
  expect(stderr).toContain("there is no such folder");
  expect(readdirSync(folder)).toEqual(["calls"]);
});

it("export writes into a device as it is", async () => {
  expect((await run("--format", "md", "-o", "/dev/null")).code).toBe(0);
  expect(statSync("/dev/null").isFile()).toBe(false);
});

it("export leaves out calls that cannot be read, says so, and exits with 1", async () => {
  writeFileSync(join(folder, "calls", "conversation_20260102_090000.json"), "{");
  symlinkSync("nowhere", join(folder, "calls", "conversation_20260103_090000.json"));
  const { code, stdout, stderr } = await run("--all", "--format", "txt");
  expect(code).toBe(1);
  expect(stdout.match(/^# /gm)).toHaveLength(2);
  expect(stderr.match(/left out/g)).toHaveLength(2);
});

it("export that writes no call fails, and makes no file", async () => {
  const output = join(folder, "none.txt");
  const { code, stderr } = await run("--query", "zzzz", "--format", "csv", "-o", output);
  expect(code).toBe(1);
  expect(stderr).toContain("Nothing was written");
  const silent = await run("--query", "zzzz", "--format", "txt", "-o", output);
  expect(silent.code).toBe(1);
  expect(existsSync(output)).toBe(false);
});

it("export tells by --json what it wrote where", async () => {
  const output = join(folder, "call.csv");
  const { stdout } = await run("--format", "csv", "-o", output, "--json");
  expect(JSON.parse(stdout)).toEqual({
    format: "csv",
    text: "heard",
    calls: 1,
    files: [{ path: output, bytes: statSync(output).size }],
  });
});

it.each([
  [["--format", "pdf"], "Allowed choices are"],
  [[], "--format"],
  [["--format", "jsonl", "--text", "both"], "takes --text generated or heard"],
  [["--format", "txt", "--rows", "turns"], "--rows is for csv"],
  [["--format", "txt", "--json"], "the export needs --output"],
  [["conversation_20260101_090000", "--all", "--format", "txt"], "Name calls, or choose them"],
  [["conversation_20260101_090000@0:01", "--format", "csv"], "whole calls only"],
  [["--query", "fnding:bad", "--format", "txt"], "finding"],
])("export %j is refused with the reason and exit code 2", async (args, reason) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout, reason: stderr.includes(reason) }).toEqual({
    code: 2,
    stdout: "",
    reason: true,
  });
});

it.each([
  ["room/with:signs?*", "room_with_signs__.txt"],
  ["..", "call.txt"],
  ["../../etc/passwd", "_.._etc_passwd.txt"],
  ["nul", "_nul.txt"],
  ["COM1.x", "_COM1.x.txt"],
  ["line\nbreak \u202etxt", "line_break _txt.txt"],
  ["ends in dots. . ", "ends in dots.txt"],
  ["कॉल 😀", "कॉल 😀.txt"],
])("a call named %j gives the file %j, which every system takes", (name, expected) => {
  expect(fileNameOf(name, formatOf("txt"), "heard")).toBe(expected);
});

it("a call with a very long name gives a file that systems take, cut at a whole sign", () => {
  const name = fileNameOf("😀".repeat(200), formatOf("jsonl"), "generated");
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  expect(name).toMatch(/^(?:😀)+\.generated\.jsonl$/u);
  const second = fileNameOf("😀".repeat(200), formatOf("jsonl"), "generated", 2);
  expect(Buffer.byteLength(second)).toBeLessThanOrEqual(255);
  expect(second).toMatch(/^(?:😀)+-2\.generated\.jsonl$/u);
});
