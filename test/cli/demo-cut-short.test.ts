import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import { startCli } from "../support/demo-process.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "talktrace-cut-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function readAll(folder: string): Conversation[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Conversation);
}

describe("talktrace demo, cut short", () => {
  it("ends with a complete file when Ctrl-C comes in mid-call", async () => {
    const demo = startCli(["demo", "--rate", "8", "--directory", directory]);
    await demo.line(/^\[USER\]/);
    demo.child.kill("SIGINT");
    expect(await demo.ended).toMatchObject({ code: 130, signal: null });
    const [record] = readAll(directory);
    expect(record?.session.status).toBe("complete");
    expect(record?.conversation.some(({ role }) => role === "user")).toBe(true);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it("keeps every message that was printed, though it is killed at ten random moments", async () => {
    const lanes = [join(directory, "a"), join(directory, "b")];
    const counts = await Promise.all(lanes.map((lane) => killRepeatedly(lane, 5)));
    const messages = counts.reduce((sum, count) => sum + count, 0);
    console.log(`killed 10 demos; ${messages} printed messages, every one found again`);
    expect(messages).toBeGreaterThan(10);
  }, 240_000);
});

/** Kills demos in one folder, then lets the next start complete what they left. Gives the messages. */
async function killRepeatedly(folder: string, kills: number): Promise<number> {
  const printed: string[][] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const demo = startCli(["demo", "--rate", "8", "--directory", folder]);
    await demo.line(/^\[AGENT\]/);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8000));
    demo.child.kill("SIGKILL");
    expect((await demo.ended).signal).toBe("SIGKILL");
    printed.push(demo.printed().filter((line) => /^\[(USER|AGENT)\] /.test(line)));
  }

  const next = startCli(["demo", "--rate", "8", "--directory", folder]);
  await next.line(/^\[USER\]/);
  next.child.kill("SIGINT");
  await next.ended;

  const records = readAll(folder);
  expect(records).toHaveLength(kills + 1);
  expect(records.map(({ session }) => session.status).toSorted()).toEqual([
    "complete",
    ...Array.from({ length: kills }, () => "recovered"),
  ]);
  const recovered = records.filter(({ session }) => session.status === "recovered");
  recovered.forEach(({ conversation }, index) => {
    const kept = conversation.map((message) => {
      const text =
        message.role === "agent" ? (message.generated ?? message.content) : message.content;
      return `[${message.role.toUpperCase()}] ${text}`;
    });
    // What was printed is there; what was recorded a moment before the kill may be more.
    expect(kept).toEqual(expect.arrayContaining(printed[index] ?? []));
    expect(new Set(conversation.map(({ id }) => id)).size).toBe(conversation.length);
  });
  return printed.flat().length;
}
