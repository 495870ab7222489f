import { copyFileSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseSpoolName, nameSpoolFile } from "../../../otel/spool/spool-name.js";
import { makeFolder } from "../../store/support/folder.js";

/** The folder as the next process finds it when the owner of its files is killed now. */
export function copyAsLeft(directory: string): string {
  const copy = makeFolder();
  for (const fileName of readdirSync(directory)) {
    const name = parseSpoolName(fileName);
    if (name === undefined) continue;
    const left = nameSpoolFile({ ...name, owner: undefined });
    copyFileSync(join(directory, fileName), join(copy, left));
  }
  return copy;
}

/** What stands in the files of a folder, oldest first. */
export function readSpool(directory: string): string[] {
  return readdirSync(directory)
    .toSorted()
    .map((fileName) => readFileSync(join(directory, fileName), "utf8"));
}
