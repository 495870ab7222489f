import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";

import type { Claimant } from "../../platform/owner.js";
import { findClaimant, findOwner } from "../../platform/owner.js";
import { type Replay, replayInTurns } from "../journal/replay.js";
import { peekOwner } from "../journal/peek-owner.js";
import { readRegularFile } from "../disk/regular-file.js";

/**
 * - `alive`: the process that writes or recovers the journal is running.
 * - `recent`: nobody can tell from here whether the owner runs, and the journal changed recently.
 * - `abandoned`: the journal should be recovered.
 * - `not_a_file`: a link, a pipe or a folder has been at its path for long enough.
 * - `unsupported`: a newer version of TalkTrace wrote it.
 * - `too_large`: abandoned, and larger than `maxBytes`. Only its beginning and end were read.
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
  /** The process that claimed it for a recovery, by its file name. */
  claimant: Claimant | undefined;
}

/** The result of looking at a journal, before anything is done with it. */
export interface Inspection {
  status: JournalStatus;
  /** Its content, if the whole journal had to be read to find the status. */
  replay?: Replay;
  /** The file's stats at that moment. */
  stats: Stats;
}

export interface InspectionLimits {
  foreignQuietMs: number;
  maxBytes: number;
}

/** Decides whether a journal should be recovered. Rejects with the file system's error. */
export async function inspectJournal(
  journal: InspectedJournal,
  limits: InspectionLimits,
): Promise<Inspection> {
  const { stats, judge, status } = await glanceAt(journal, limits);
  if (status !== undefined) return { stats, status };
  const replay = await replayInTurns(await readRegularFile(journal.path, { followLinks: false }));
  if (replay === "unsupported") return { stats, status: "unsupported" };
  // Its owner may be about to write the first line.
  if (replay === "empty") return { stats, status: judge("unknown") };
  if (replay === "damaged") return { stats, status: "abandoned" };
  if (replay.released) return { stats, status: "abandoned", replay };
  return { stats, status: judge(findOwner(replay.owner, stats.mtimeMs)), replay };
}

/**
 * Whether there may be something to recover, by the beginning and the end of a journal. Rejects with
 * the file system's error.
 */
export async function mayBeLeft(
  journal: InspectedJournal,
  limits: InspectionLimits,
): Promise<boolean> {
  const { status } = await glanceAt(journal, limits);
  return status !== "alive" && status !== "recent";
}

interface Glance {
  stats: Stats;
  judge(owner: "alive" | "dead" | "unknown"): JournalStatus;
  /** `undefined` if only the whole journal tells. */
  status: JournalStatus | undefined;
}

async function glanceAt(
  { path, json, claimant }: InspectedJournal,
  { foreignQuietMs, maxBytes }: InspectionLimits,
): Promise<Glance> {
  const stats = await lstat(path);
  const isQuiet = isQuietFor(stats, foreignQuietMs);
  const judge: Glance["judge"] = (owner) => {
    if (owner === "alive") return "alive";
    if (owner === "unknown" && !isQuiet) return "recent";
    return stats.size > maxBytes ? "too_large" : "abandoned";
  };
  const glance = (status: JournalStatus | undefined): Glance => ({ stats, judge, status });
  if (!stats.isFile()) {
    // A living owner would have put a new journal there by then.
    const document = await lstat(json).catch(() => undefined);
    const areQuiet = isQuiet && (document === undefined || isQuietFor(document, foreignQuietMs));
    return glance(areQuiet ? "not_a_file" : "recent");
  }
  if (claimant !== undefined) return glance(judge(findClaimant(claimant)));
  const owner = await peekOwner(path);
  if (owner !== undefined) {
    return glance(judge(findOwner(owner, stats.mtimeMs)));
  }
  return glance(stats.size > maxBytes ? judge("unknown") : undefined);
}

function isQuietFor(stats: { mtimeMs: number; ctimeMs: number }, quietMs: number): boolean {
  // The file system's times have fractions of milliseconds.
  return Date.now() - Math.floor(Math.max(stats.mtimeMs, stats.ctimeMs)) >= quietMs;
}
