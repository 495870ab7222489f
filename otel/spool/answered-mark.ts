import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../src/platform/make-folder.js";

/** An empty file beside the spool files: the default endpoint took spans when it was last touched. */
const FILE_NAME = "answered";

/**
 * Whether an endpoint that nobody set took spans within `maxAgeMs`, perhaps those of another process.
 * A worker holds each call in a process of its own, so one process alone cannot know. Throws nothing.
 */
export function hasAnswered(directory: string, maxAgeMs: number): boolean {
  const path = join(directory, FILE_NAME);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return false;
    if (Math.abs(Date.now() - found.mtimeMs) <= maxAgeMs) return true;
    rmSync(path);
  } catch {
    // A folder that cannot be read says nothing of the endpoint.
  }
  return false;
}

/** Notes that the endpoint took spans now. Throws what the file system says. */
export function noteAnswered(directory: string): void {
  makeFolder(directory);
  const path = join(directory, FILE_NAME);
  writeFileSync(path, "", { flag: "a", mode: 0o600 });
  utimesSync(path, new Date(), new Date());
}
