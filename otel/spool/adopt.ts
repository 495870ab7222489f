import { readdirSync, renameSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { currentClaimant, findClaimant } from "../../src/platform/owner.js";
import { ageOf } from "./begun-at.js";
import { codeOf, isDiskFault } from "./disk-fault.js";
import { endSpan } from "./span-json.js";
import { SpoolFile } from "./spool-file.js";
import { type PlacedLine, type SpoolLine, encodeLine, spanIdIn } from "./spool-line.js";
import { type SpoolName, nameSpoolFile, parseSpoolName } from "./spool-name.js";
import { messageOf } from "../../src/platform/message-of.js";

/** A file with more damaged lines than this is not ours. */
const MAX_DAMAGED_LINES = 10_000;

export interface AdoptOptions {
  directory: string;
  /** How long a file must stay unchanged if nobody can tell whether its owner runs. */
  foreignQuietMs: number;
  /** A larger file is not ours, and is not read. */
  maxFileBytes: number;
  report: (line: string) => void;
}

export interface Adopted {
  file: SpoolFile;
  /** Spans that were open when their process died. They now wait as ended spans. */
  recovered: number;
}

/**
 * Takes over the files of processes that died or released them, oldest first. If two processes want the
 * same file, one gets it. A file that is no spool is set aside. If the disk fails, the file is given
 * back for another try. Both are told to `report`.
 *
 * Never rejects.
 */
export async function* adoptFiles({
  directory,
  foreignQuietMs,
  maxFileBytes,
  report,
}: AdoptOptions): AsyncGenerator<Adopted> {
  const fileNames = await readdir(directory).catch((): string[] => []);
  for (const fileName of fileNames.toSorted()) {
    const name = parseSpoolName(fileName);
    const path = join(directory, fileName);
    if (name === undefined || !(await isAbandoned(path, name, foreignQuietMs))) continue;
    const claimed = { ...name, owner: currentClaimant() };
    const claimedPath = join(directory, nameSpoolFile(claimed));
    try {
      renameSync(path, claimedPath);
    } catch {
      // Another process was faster, which is just as good. Or the disk refuses, and a later try may
      // succeed.
      continue;
    }
    const file = new SpoolFile(claimedPath, claimed);
    try {
      yield { file, recovered: await load(file, maxFileBytes, isContinued(directory, name)) };
    } catch (error) {
      report(isDiskFault(error) ? giveBack(file, error) : setAside(file, error));
    }
  }
}

function giveBack(file: SpoolFile, error: unknown): string {
  // The report has the error's code alone, because the disk gives the same code for each file.
  const fact = `Cannot take over what waits in "${dirname(file.path)}": ${codeOf(error)}`;
  try {
    file.giveBack();
    return `${fact}; it is tried again`;
  } catch (failure) {
    return `${fact}; "${file.path}" is left to the next process: ${messageOf(failure)}`;
  }
}

/** Sets an unusable file aside. Returns the line that reports it. */
export function setAside(file: SpoolFile, error: unknown): string {
  const fact = `Cannot read the spool file "${file.path}": ${messageOf(error)}`;
  try {
    file.setAside();
    return `${fact}; it is kept as "${file.path}"`;
  } catch (failure) {
    return `${fact}; nor can it be set aside: ${messageOf(failure)}`;
  }
}

async function isAbandoned(path: string, name: SpoolName, quietMs: number): Promise<boolean> {
  if (name.owner === undefined) return true;
  const owner = findClaimant(name.owner);
  if (owner !== "unknown") return owner === "dead";
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - Math.max(found.mtimeMs, found.ctimeMs) >= quietMs;
}

/** Whether its forwarder began a newer file. Then the newer file has the open spans. */
function isContinued(directory: string, { lane, createdMs }: SpoolName): boolean {
  return readdirSync(directory).some((fileName) => {
    const other = parseSpoolName(fileName);
    return other?.lane === lane && other.createdMs > createdMs;
  });
}

/** Reads a file from its beginning, and ends the spans that its process could not end. */
async function load(
  file: SpoolFile,
  maxFileBytes: number,
  isContinuedElsewhere: boolean,
): Promise<number> {
  const lastSignMs = file.open(maxFileBytes);
  const open = new Map<string, SpoolLine>();
  const ends: number[] = [];
  let wholeTo = 0;
  let damagedCount = 0;
  const note = ({ line, end }: PlacedLine): void => {
    wholeTo = end;
    if (line?.kind === "begun") open.set(spanIdIn(line), line);
    else if (line?.kind === "done") open.delete(spanIdIn(line));
    else if (line?.kind === "resource") file.resources.set(line.key, line.body.toString("utf8"));
    else if (line?.kind === "carried") open.clear();
    else if (line?.kind === "sent") {
      file.sentTo = Math.min(Number.parseInt(line.key, 16), end);
      const ageMs = line.body.length > 0 ? ageOf(line.body) : undefined;
      if (ageMs !== undefined) file.ageMs = ageMs;
    } else {
      if (line !== undefined) open.delete(spanIdIn(line));
      else if ((damagedCount += 1) > MAX_DAMAGED_LINES)
        throw new Error(`over ${MAX_DAMAGED_LINES} damaged lines`);
      // A damaged line counts too, because it may have been a span.
      ends.push(end);
    }
  };
  for await (const placed of file.lines()) note(placed);
  const last = await file.mendTail(wholeTo);
  if (last !== undefined) note(last);
  file.waiting = ends.filter((end) => end > file.sentTo).length;
  if (isContinuedElsewhere || open.size === 0) return 0;
  const lines = [...open.values()].flatMap(({ key, body }) => {
    const ended = endSpan(body, lastSignMs);
    return ended === undefined ? [] : [encodeLine("ended", key, ended)];
  });
  // A line with a right checksum that is no span cannot be sent. It counts as damaged.
  file.waiting += open.size - lines.length;
  // It is one write, so that another reader of the file finds all of these lines or none.
  file.append(Buffer.concat([...lines, encodeLine("carried", "0")]));
  file.waiting += lines.length;
  return lines.length;
}
