import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/index.js";
import type { ConversationStore } from "../../src/store/index.js";
import { startCli } from "../support/demo-process.js";

const NAME = "conversation_20250818_143022";
const STARTED_AT = "2025-08-18T14:30:22.000000+05:30";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-recover-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function recover(...args: string[]) {
  return startCli(["recover", folder, ...args], { NO_COLOR: "1" }).ended;
}

function openSession(): ConversationStore {
  const store = openStore({ directory: folder });
  store.open({ id: "s1", started_at: STARTED_AT, software: {} });
  return store;
}

describe("talktrace recover", () => {
  it("tells each problem once, beside what became of the conversation", async () => {
    await openSession().shutdown();
    writeFileSync(join(folder, `${NAME}.json`), "somebody's notes");
    const { code, stdout, stderr } = await recover();
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toBe(
      `recovered  ${join(folder, NAME)}.json  0 messages: "${NAME}.json" was not what was published last; ` +
        `it is kept as "${NAME}.json.edited-1"\n`,
    );
    expect(readdirSync(folder)).toEqual([`${NAME}.json`, `${NAME}.json.edited-1`]);
  });

  it("says what it leaves alone, and why", async () => {
    const store = openSession();
    writeFileSync(join(folder, "conversation_20250818_150000.journal"), "");
    writeFileSync(join(folder, "conversation_20250818_160000.journal"), "");
    const { code, stdout, stderr } = await recover();
    const notes =
      "Left alone: 1 conversation that a living process has in hand\n" +
      "Left alone: 2 conversations whose process cannot be asked from here, written to in the last 2 minutes; try again later\n";
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`Nothing to recover in "${folder}"\n${notes}`);
    expect(await recover("--json")).toMatchObject({ code: 0, stdout: "[]\n", stderr: notes });
    await store.shutdown();
  });

  it("says no more than that where there is nothing", async () => {
    const { code, stdout } = await recover();
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Nothing to recover in "${folder}"\n` });
  });
});
