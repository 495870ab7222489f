import { lstat } from "node:fs/promises";

import type { Claimant } from "../../platform/owner.js";
import { findClaimant, findOwner } from "../../platform/owner.js";
import { replayJournal } from "../journal/replay.js";
import { peekOwner } from "../journal/peek-owner.js";
import { readRegularFile } from "../disk/regular-file.js";

/**
 * - `alive`: the process that writes it, or recovers it right now, lives.
 * - `recent`: nobody can tell from here whether its owner lives, and it is not quiet for long enough.
 * - `abandoned`: to be recovered.
 * - `not_a_file`: a link, a pipe or a folder has been in its place for long enough.
 * - `unsupported`: written by a newer version of TalkTrace.
 * - `too_large`: abandoned, and larger than `maxBytes`. Nothing of it but its ends was read.
 */
export type JournalStatus =
  | "alive"
  | "recent"
  | "abandoned"
  | "not_a_file"
  | "unsupported"
  | "too_large";

export interface InspectedJournal {
  path: string;
  /** The path of its document. */
  json: string;
  /** Who claimed it for a recovery, according to its name. */
  claimant: Claimant | undefined;
}

/** Says whether a journal is to be recovered. Rejects with what the file system says. */
export async function inspectJournal(
  { path, json, claimant }: InspectedJournal,
  { foreignQuietMs, maxBytes }: { foreignQuietMs: number; maxBytes: number },
): Promise<JournalStatus> {
  const stats = await lstat(path);
  const isQuiet = isQuietFor(stats, foreignQuietMs);
  if (!stats.isFile()) {
    // Its owner, if there is one, puts a new journal there by then.
    const document = await lstat(json).catch(() => undefined);
    const areQuiet = isQuiet && (document === undefined || isQuietFor(document, foreignQuietMs));
    return areQuiet ? "not_a_file" : "recent";
  }
  const judge = (owner: "alive" | "dead" | "unknown"): JournalStatus => {
    if (owner === "alive") return "alive";
    if (owner === "unknown" && !isQuiet) return "recent";
    return stats.size > maxBytes ? "too_large" : "abandoned";
  };
  if (claimant !== undefined) return judge(findClaimant(claimant));
  const owner = await peekOwner(path);
  if (owner !== undefined) {
    const status = judge(findOwner(owner, stats.mtimeMs));
    if (status !== "abandoned") return status;
  }
  if (stats.size > maxBytes) return judge("unknown");
  const replay = replayJournal(await readRegularFile(path, { followLinks: false }));
  if (replay === "unsupported") return "unsupported";
  // Its owner may be about to write the first line.
  if (replay === "empty") return judge("unknown");
  if (replay === "damaged" || replay.released) return "abandoned";
  return judge(findOwner(replay.owner, stats.mtimeMs));
}

function isQuietFor(stats: { mtimeMs: number; ctimeMs: number }, quietMs: number): boolean {
  // The file system counts parts of milliseconds.
  return Date.now() - Math.floor(Math.max(stats.mtimeMs, stats.ctimeMs)) >= quietMs;
}
