import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LatencyGroup } from "../../src/insight/index.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-latency-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function latency(...args: string[]) {
  return runCli("latency", ...args);
}

describe("talktrace latency", () => {
  it("tells how long callers waited, and for what, with as many percentiles as there are replies for", async () => {
    const { code, stdout, stderr } = await latency(SAMPLE, SAMPLE, SAMPLE);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^ +n +min +p50 +p95 +p99 +max$/m);
    expect(stdout).toMatch(/^speech to text +21 +0\.\d{3} +0\.\d{3} +0\.\d{3} +- +0\.\d{3}$/m);
    expect(stdout).toMatch(/^together +21 +0\.899 +0\.991 +1\.133 +- +1\.133$/m);
  });

  it("tells replies apart by what was asked for, as JSON too", async () => {
    const { stdout } = await latency(SAMPLE, "--by", "tts", "--json");
    const groups = JSON.parse(stdout) as LatencyGroup[];
    expect(groups.map(({ key, e2e_s }) => [key, e2e_s.n])).toEqual([["sonic-3", 7]]);
    expect((await latency(SAMPLE, "--by", "weather")).code).toBe(2);
  });

  it("takes a whole folder, and says which file it had to leave out", async () => {
    const garbage = join(folder, "conversation_20260101_000000.json");
    writeFileSync(garbage, '{"conversation": 7');
    copyFileSync(SAMPLE, join(folder, "conversation_20260102_000000.json"));
    const { code, stdout, stderr } = await latency("--directory", folder);
    expect(code).toBe(1);
    expect(stdout).toContain("together");
    expect(stderr).toContain("left out");
  });

  it("says what to do where there is nothing", async () => {
    const { code, stdout, stderr } = await latency("--directory", join(folder, "nowhere"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain('make one with "talktrace demo"');
  });
});
