import { stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { isTemporaryOf } from "../disk/file-names.js";
import { readRegularFile } from "../disk/regular-file.js";
import { type Replay, type ReplayFailure, replayInTurns } from "../journal/replay.js";
import type { Inspection } from "./inspect-journal.js";
import { type RecoveryContext, type RecoveryReport, report } from "./recovery-report.js";
import { restoreConversation } from "./restore.js";
import { moveAside, setAside } from "./set-aside.js";

/** Completes the conversation of a journal that this process has claimed. */
export async function recoverClaimed(
  context: RecoveryContext,
  name: string,
  claimed: string,
  inspection: Inspection,
): Promise<RecoveryReport> {
  const { directory } = context;
  const replay = await replayClaimed(claimed, inspection);
  if (typeof replay === "string") {
    return await setAside(context, name, claimed, "its first line is damaged; it");
  }
  const { path, keptAside } = await restoreConversation(directory, name, replay, {
    maxBytes: context.maxBytes,
    // The mode of the recording process.
    mode: (await stat(claimed)).mode & 0o777,
  });
  await Promise.all(
    context.fileNames
      .filter((fileName) => isTemporaryOf(fileName, name))
      .map((fileName) => unlink(join(directory, fileName)).catch(() => undefined)),
  );
  const { state, damagedLines } = replay;
  // A person may still read what this program cannot.
  const damaged = damagedLines > 0 ? await moveAside(directory, name, claimed) : undefined;
  if (damaged === undefined) await unlink(claimed);
  const isComplete = state.session.status === "complete";
  const problem = [
    ...(damaged === undefined ? [] : [describeDamage(damagedLines, name, damaged)]),
    ...(keptAside === undefined ? [] : [describeEdit(path, keptAside)]),
  ].join("; ");
  return report(name, path, isComplete ? "completed" : "recovered", {
    messages: state.messages.size,
    damagedLines,
    ...(problem !== "" && { problem }),
  });
}

/** A journal that was read to find its status is read again only if it has changed. */
async function replayClaimed(
  claimed: string,
  { replay, stats }: Inspection,
): Promise<Replay | ReplayFailure> {
  if (replay !== undefined) {
    const { dev, ino, size, mtimeMs } = await stat(claimed);
    const isSame = dev === stats.dev && ino === stats.ino && size === stats.size;
    if (isSame && mtimeMs === stats.mtimeMs) return replay;
  }
  return await replayInTurns(await readRegularFile(claimed, { followLinks: false }));
}

function describeDamage(lines: number, name: string, aside: string): string {
  const what = lines === 1 ? "1 damaged line" : `${lines} damaged lines`;
  const were = lines === 1 ? "was" : "were";
  return `${what} in "${name}.journal" ${were} left out of its recovery; the journal is kept as "${basename(aside)}"`;
}

function describeEdit(path: string, keptAside: string): string {
  return `"${basename(path)}" was not what was published last; it is kept as "${keptAside}"`;
}
