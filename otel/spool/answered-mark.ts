import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../src/platform/make-folder.js";

/** An empty file beside the spool files. It was last touched when the default endpoint took spans. */
const FILE_NAME = "answered";

/**
 * Whether the default endpoint took spans within `maxAgeMs`, perhaps those of another process. A worker
 * holds each call in its own process, so one process alone cannot know. Never throws.
 */
export function hasAnswered(directory: string, maxAgeMs: number): boolean {
  const path = join(directory, FILE_NAME);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return false;
    if (Math.abs(Date.now() - found.mtimeMs) <= maxAgeMs) return true;
    rmSync(path);
  } catch {
    // An unreadable folder says nothing about the endpoint.
  }
  return false;
}

/** Notes that the endpoint took spans now. Throws the file system's error. */
export function noteAnswered(directory: string): void {
  makeFolder(directory);
  const path = join(directory, FILE_NAME);
  writeFileSync(path, "", { flag: "a", mode: 0o600 });
  utimesSync(path, new Date(), new Date());
}
