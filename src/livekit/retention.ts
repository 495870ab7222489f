import { removeOldSpoolFiles, spoolDirectoryOf, withoutTracing } from "../../otel/index.js";
import { DAY_MS } from "../platform/keep-days.js";
import { messageOf } from "../platform/message-of.js";
import { describeRemoval, removeOldConversations } from "../store/index.js";
import type { Telemetry } from "./telemetry.js";

/** A process that holds one call after another checks again after this time. */
const PAUSE_MS = 3_600_000;

/** When this process last checked, by directory. */
const lookedAtMs = new Map<string, number>();

/**
 * Removes recordings and spans that are older than `TALKTRACE_KEEP_DAYS`, and reports it in a line. It
 * runs at a conversation's start, at most once an hour. Resolves when it is done, and never rejects.
 */
export async function removeOldRecordings(
  { store, settings }: Telemetry,
  report: (line: string) => void,
): Promise<void> {
  const { keepDays } = settings;
  const directory = store?.directory;
  if (directory === undefined || keepDays === undefined) return;
  const nowMs = Date.now();
  if (nowMs - (lookedAtMs.get(directory) ?? -Infinity) < PAUSE_MS) return;
  lookedAtMs.set(directory, nowMs);
  const problems: string[] = [];
  const note = (error: unknown): void =>
    void problems.push(`Cannot remove what is older than ${keepDays} days: ${messageOf(error)}`);
  // A fault of one folder must not hide what was removed from the other.
  const removal = await withoutTracing(() => removeOldConversations(directory, { keepDays })).catch(
    note,
  );
  let spoolFiles = 0;
  try {
    const spool = spoolDirectoryOf({ ...settings, directory });
    spoolFiles = withoutTracing(() => removeOldSpoolFiles(spool, nowMs - keepDays * DAY_MS));
  } catch (error) {
    note(error);
  }
  const line = describeRemoval(removal ?? { conversations: 0, files: 0 }, spoolFiles, keepDays);
  if (line !== undefined) report(line);
  if (removal?.problem !== undefined) problems.push(removal.problem);
  problems.forEach(report);
}
