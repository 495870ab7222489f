import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Owner, currentOwner } from "../../../src/platform/owner.js";
import { type Line, encodeLine } from "../../../src/store/journal/journal-line.js";
import { agentSays, at, sessionStart, userSays } from "./conversation.js";
import { NAME } from "./make-store.js";

/** When the last line of a left journal was written. */
export const LEFT_AT_MS = Date.parse(at(3));

/** A process id that nobody has: that of a process that has just ended. */
export function deadPid(): number {
  return Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
}

/** The same with an owner who is like this process, but for `owner`. */
export function leaveJournal(
  directory: string,
  owner: Partial<Owner> = { pid: deadPid() },
): string {
  return leaveJournalOf(directory, { ...currentOwner(), ...owner });
}

/** The journal that a session leaves whose owner is `owner` and ended after the second message. */
export function leaveJournalOf(directory: string, owner: Owner): string {
  const lines: Line[] = [
    {
      op: "open",
      journal: 1,
      session: sessionStart(),
      owner,
      n: 0,
      at: LEFT_AT_MS - 3000,
    },
    { op: "add", message: { ...userSays(1, "hello"), seq: 1 }, n: 1, at: LEFT_AT_MS - 2000 },
    { op: "add", message: { ...agentSays(2, "good morning"), seq: 2 }, n: 2, at: LEFT_AT_MS },
  ];
  const path = join(directory, `${NAME}.journal`);
  writeFileSync(path, Buffer.concat(lines.map((line) => encodeLine(line).bytes)));
  return path;
}
