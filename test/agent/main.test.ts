import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// The worker's processes load the compiled file, so that is what is run here.
const MAIN = resolve("dist/src/agent/main.js");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-main-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(...words: string[]) {
  const env = { PATH: process.env["PATH"] ?? "" };
  return spawnSync(process.execPath, [MAIN, ...words], {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
}

// Each process loads LiveKit, which takes three seconds of CPU, so none is started twice.
describe("the agent's worker", () => {
  it("dev ends with code 2 and the list of what is missing", () => {
    expect(existsSync(MAIN), "run npm run build first").toBe(true);
    const { status, stderr, stdout } = run("dev");
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("LIVEKIT_URL (the LiveKit server): is missing");
    expect(stderr).toContain("CARTESIA_API_KEY (text to speech): is missing");
  });

  it("start ends with code 2 and the list of what is missing from .env in the folder where it is started", () => {
    writeFileSync(join(folder, ".env"), "LIVEKIT_URL=somewhere\nDEEPGRAM_API_KEY=key\n");
    const { status, stderr, stdout } = run("start");
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain('LIVEKIT_URL (the LiveKit server): "somewhere" is not a URL');
    expect(stderr).toContain("CARTESIA_API_KEY (text to speech): is missing");
    expect(stderr).not.toContain("DEEPGRAM_API_KEY");
  });

  it("needs no settings to print its help", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    expect(stdout).toContain("start");
  });
});
