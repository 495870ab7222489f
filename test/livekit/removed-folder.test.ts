import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("./support/removed-folder.mjs", import.meta.url));

/** Records a call in a process whose working directory was removed. */
async function recordIn(directory: string): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: process.env["PATH"], OTEL_TRACES_EXPORTER: "none" };
  return await promisify(execFile)(process.execPath, [PROGRAM, directory], { env });
}

test("a removed working directory costs an agent nothing, if the folder of the record is absolute", async () => {
  const folder = mkdtempSync(join(tmpdir(), "talktrace-removed-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { stdout, stderr } = await recordIn(folder);
  expect(stdout).toContain(`talktrace: recording to ${folder}`);
  expect(stdout).toContain("talktrace: complete");
  expect(stdout.endsWith('"ended"\n')).toBe(true);
  expect(stderr).toBe("");
  expect(readdirSync(folder)).toEqual(["conversation_20250818_143022.json"]);
});

test("a removed working directory is told in a line, and ends no agent, if the folder of the record is relative", async () => {
  const { stdout, stderr } = await recordIn("conversations");
  expect(stdout).toContain("choose a folder that can be made");
  expect(stdout.endsWith('"ended"\n')).toBe(true);
  expect(stderr).toBe("");
});
