import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import { type CliProcess, startCli } from "./demo-process.js";

/** Eight times as fast as people speak. */
export function startDemo(directory: string, ...more: string[]): CliProcess {
  return startCli(["demo", "--rate", "8", "--directory", directory, ...more]);
}

/** Every conversation of a folder, the oldest first. */
export function readRecords(folder: string): Conversation[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Conversation);
}

/** The lines that the demo prints for the messages of a conversation. */
export function toPrintedLines({ conversation }: Conversation): string[] {
  return conversation.map((message) => {
    const text =
      message.role === "agent" ? (message.generated ?? message.content) : message.content;
    return `[${message.role.toUpperCase()}] ${text}`;
  });
}

/** The lines of messages among all that a process printed. */
export function findMessageLines(printed: readonly string[]): string[] {
  return printed.filter((line) => /^\[(USER|AGENT)\] /.test(line));
}

/** Kills a demo, at once, and gives the messages that it had printed until then. */
export async function killDemo(demo: CliProcess): Promise<string[]> {
  demo.child.kill("SIGKILL");
  expect((await demo.ended).signal).toBe("SIGKILL");
  return findMessageLines(demo.printed());
}

/**
 * Expects what killed demos printed in the files that the next demo recovered, `printed` in the
 * order of the files. What was recorded a moment before a kill may be more.
 */
export function expectNothingLost(
  records: readonly Conversation[],
  printed: readonly (readonly string[])[],
): void {
  const recovered = records.filter(({ session }) => session.status === "recovered");
  expect(recovered).toHaveLength(printed.length);
  for (const [at, record] of recovered.entries()) {
    expect(toPrintedLines(record)).toEqual(expect.arrayContaining([...(printed[at] ?? [])]));
    const ids = record.conversation.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
}
