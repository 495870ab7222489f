import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startCli } from "../support/demo-process.js";
import { runCli } from "../support/run-cli.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-usage-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  [["demo", "--fast"], "unknown option '--fast'"],
  [["demo", "--rate", "0"], "It must be a number from 1 to 16"],
  [["demo", "--jaeger", "jaeger"], "It must be an http or https URL"],
  [["demonstrate"], "unknown command 'demonstrate'"],
  [["recover", "--no-such"], "unknown option '--no-such'"],
])("talktrace refuses %j with exit code 2 and says why on stderr", async (args, why) => {
  const ended = await runCli(...args);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(why);
  expect(ended.stdout).toBe("");
});

test.each([
  ["demo", "--jaeger", "ftp://user:s3cret@host"],
  ["demo", "--jaeger", "user:s3cret@host:4318"],
  ["demo", "--jaeger=localhost:4318?key=s3cret"],
  ["demo", "--jaeger-ui", "ftp://user:two words s3cret@host"],
  ["demo", "--jaegr=https://user:s3c/ret?s3cret#@host"],
  ["list", "--source", "postgres://user:s3cret@host/calls"],
  ["show", "https://user:s3c/ret?s3cret#@host"],
  ["show", "--directory", "//user:s3cret@host/calls"],
  ["recover", "ftp://user:two words s3cret@host"],
  ["https://host/?key=s3cret"],
])("talktrace quotes no password and no key of a URL: %s %s %s", async (...args) => {
  const { code, stdout, stderr } = await startCli(args).ended;
  expect(code).not.toBe(0);
  expect(stderr).not.toBe("");
  expect(stdout + stderr).not.toContain("s3c");
});

test("talktrace recover refuses a folder that does not exist, and does not make it", async () => {
  const ended = await runCli("recover", join(folder, "nowhere"));
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("there is no such directory");
  expect(existsSync(join(folder, "nowhere"))).toBe(false);
});

test("talktrace prints its version and its help, and nothing on stderr", async () => {
  const version = await startCli(["--version"]).ended;
  expect(version).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: "",
  });
  const help = await startCli(["--help"]).ended;
  expect(help.code).toBe(0);
  expect(help.stdout).toContain("demo");
});

test("talktrace tells once of variables that nothing reads, in one line with the nearest name", async () => {
  vi.stubEnv("TALKTRACE_DIRECTRY", folder);
  vi.stubEnv("TALKTRACE_QQQQQQQQQQQQQQQQQQQQQQQQQQ", "x");
  const first = await runCli("list", "--directory", folder);
  expect(first.stderr.split("\n")[0]).toBe(
    'Nothing reads TALKTRACE_DIRECTRY; did you mean "TALKTRACE_DIRECTORY"? ' +
      "Nothing reads TALKTRACE_QQQQQQQQQQQQQQQQQQQQQQQQQQ",
  );
  const second = await runCli("list", "--directory", folder);
  expect(second.stderr).not.toContain("Nothing reads");
});

test("talktrace doctor tells of such variables in its answer alone", async () => {
  vi.stubEnv("TALKTRACE_SPOOOL", "0");
  const { stdout, stderr } = await runCli("doctor", "--directory", folder);
  expect(stdout).toContain('nothing reads TALKTRACE_SPOOOL; did you mean "TALKTRACE_SPOOL"?');
  expect(stderr).not.toContain("TALKTRACE_SPOOOL");
});
