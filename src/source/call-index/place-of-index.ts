import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { INDEX_FILE_NAME } from "../../store/index.js";

/** Holds the findings by the last config, so that commands with and without one do not undo each other's work. */
const OWN_RULES_ENDING = "-own-rules";

/**
 * The possible places of a folder's index: in the folder, or in the cache of a user who may not write
 * there.
 */
export function placesOfIndex(
  directory: string,
  hasOwnRules: boolean,
): readonly [inFolder: string, inCache: string] {
  const ending = hasOwnRules ? OWN_RULES_ENDING : "";
  const cache = process.env["XDG_CACHE_HOME"]?.trim() || join(homedir(), ".cache");
  const id = createHash("sha256").update(realpathSync(directory)).digest("hex").slice(0, 24);
  return [
    join(directory, `${INDEX_FILE_NAME}${ending}`),
    join(cache, "talktrace", `${id}.index${ending}`),
  ];
}

/** The possible places of all indexes of a folder. @throws the system's error if there is no such folder */
export function allPlacesOfIndexes(directory: string): string[] {
  return [false, true].flatMap((hasOwnRules) => placesOfIndex(directory, hasOwnRules));
}

/** The place where an index of a folder can be written. @throws if the cache cannot be made */
export function placeForWriting(directory: string, hasOwnRules: boolean): string {
  const [inFolder, inCache] = placesOfIndex(directory, hasOwnRules);
  try {
    accessSync(directory, constants.W_OK);
    return inFolder;
  } catch {
    mkdirSync(join(inCache, ".."), { recursive: true, mode: 0o700 });
    return inCache;
  }
}
