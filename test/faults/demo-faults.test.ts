import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import { type CliProcess, type Ended, startCli } from "../support/demo-process.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-faults-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Lets the call go on until the agent has answered the caller, then ends it in order. */
async function endAfterAnAnswer(demo: CliProcess): Promise<Ended> {
  await demo.line(/^\[USER\]/);
  await demo.line(/^\[AGENT\] Of course/);
  demo.child.kill("SIGINT");
  return demo.ended;
}

it("the demo goes on with the call where the folder cannot be written, and says so", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  const demo = startCli(["demo", "--rate", "8", "--directory", join(file, "conversations")]);
  const ended = await endAfterAnAnswer(demo);
  expect(ended.code).not.toBe(0);
  expect(ended.stderr.split("\n").filter((line) => line.includes("conversations"))).not.toEqual([]);
  expect(ended.stderr).not.toContain("    at ");
});

it.runIf(canMount())(
  "the demo goes on with the call when the disk is full, and says so",
  async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk]);
    try {
      writeFileSync(join(disk, "filler"), Buffer.alloc(8 * 1024));
      const demo = startCli(["demo", "--rate", "8", "--directory", disk]);
      const ended = await endAfterAnAnswer(demo);
      expect(ended.stdout).toContain("[AGENT] Of course");
      expect(ended.stderr).toMatch(/no space left/i);
      expect(ended.stderr).not.toContain("    at ");
      for (const name of readdirSync(disk).filter((each) => each.endsWith(".json"))) {
        expect(
          () => JSON.parse(readFileSync(join(disk, name), "utf8")) as Conversation,
        ).not.toThrow();
      }
    } finally {
      execFileSync("umount", [disk]);
    }
  },
);

it("the demo records though the endpoint for traces is not a URL, and says so", async () => {
  const demo = startCli(["demo", "--rate", "8", "--directory", folder], {
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318",
  });
  const ended = await endAfterAnAnswer(demo);
  expect(ended.stderr).toContain('Cannot use OTEL_EXPORTER_OTLP_ENDPOINT "localhost:4318"');
  expect(readdirSync(folder)).toHaveLength(1);
});

it("the demo says in one line that nothing takes its traces", async () => {
  const demo = startCli(
    ["demo", "--rate", "8", "--directory", folder, "--jaeger", "http://127.0.0.1:9"],
    {
      OTEL_TRACES_EXPORTER: "otlp",
    },
  );
  const ended = await endAfterAnAnswer(demo);
  const lines = ended.stderr.split("\n").filter((line) => line.includes("127.0.0.1:9"));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("The record is not affected");
});

/** Mounting takes root and a kernel that lets it. */
function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), "talktrace-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe]);
    return true;
  } catch {
    console.log("The test on a full disk is left out: this user cannot mount one");
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
