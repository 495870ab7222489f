import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const SAMPLE = "conversations/sample-parcel-desk.json";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-closed-"));
  copyFileSync(SAMPLE, join(folder, "conversation_20260101_090000.json"));
  // Newer, so it has to be told on stderr that it is left out.
  symlinkSync("nowhere", join(folder, "conversation_20260102_090000.json"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command with one output in a pipe that nobody reads. */
function runWithClosed(output: "stdout" | "stderr", args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child[output].destroy();
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

it.each([["show"], ["show", "--json"], ["latency"], ["latency", "--json"]])(
  "talktrace %s answers in full though nobody reads its stderr",
  async (...args) => {
    const { code, stdout } = await runWithClosed("stderr", [...args, "--directory", folder]);
    expect(code).toBe(1);
    expect(stdout.length).toBeGreaterThan(300);
    expect(stdout.endsWith("\n")).toBe(true);
  },
);

it("talktrace show ends quietly when its reader has seen enough", async () => {
  const { code, stderr } = await runWithClosed("stdout", ["show", SAMPLE, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

it.each(["md", "html", "csv", "otlp"])(
  "talktrace export --format %s ends quietly when its reader has seen enough",
  async (format) => {
    const { code, stderr } = await runWithClosed("stdout", ["export", SAMPLE, "--format", format]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  },
);
