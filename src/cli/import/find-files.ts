import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { compareFileNames, isWanted, isZip, readZip } from "../../import/index.js";
import { messageOf } from "../../platform/message-of.js";
import { readRegularFile } from "../../store/index.js";

/** A file with its bytes, or why it cannot be read. */
export interface FoundFile {
  /** The name that people are told: without the folder that was given, and with that of a ZIP. */
  name: string;
  bytes?: Buffer;
  problem?: string;
  /** It was given by itself, and not found in a folder or a ZIP. */
  isGiven: boolean;
  /** The JSON file of the same name beside a text file, e.g. of a recorder that wrote both. */
  twin?: string;
}

/**
 * The files at a path: the file itself, what a ZIP holds, or all files of a folder and its folders, by
 * name. Hidden files are left out, and links in a folder are not followed.
 */
export async function* findFiles(path: string): AsyncGenerator<FoundFile, undefined> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) yield* openFile(path, basename(path), true);
  else yield* walk(path, "");
  return undefined;
}

async function* walk(folder: string, prefix: string): AsyncGenerator<FoundFile, undefined> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield { name: prefix === "" ? folder : prefix, problem: messageOf(error), isGiven: true };
    return undefined;
  }
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries.toSorted((a, b) => compareFileNames(a.name, b.name))) {
    const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    const path = join(folder, entry.name);
    if (!isWanted(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(path, name);
    else if (entry.isFile())
      for await (const file of openFile(path, name, false))
        yield { ...withTwin(file, (twin) => names.has(basename(twin))) };
    else yield { name, problem: "it is a link or no file", isGiven: false };
  }
  return undefined;
}

async function* openFile(
  path: string,
  name: string,
  isGiven: boolean,
): AsyncGenerator<FoundFile, undefined> {
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(path);
  } catch (error) {
    yield { name, problem: describeUnreadable(error), isGiven };
    return undefined;
  }
  if (isZip(bytes)) yield* openZip(bytes, name);
  else yield { name, bytes, isGiven };
  return undefined;
}

async function* openZip(zip: Buffer, name: string): AsyncGenerator<FoundFile, undefined> {
  // The JSON file comes before its text file, so its name is here in time.
  const names = new Set<string>();
  try {
    for await (const entry of readZip(zip)) {
      names.add(`${name}/${entry.name}`);
      const file = { ...entry, name: `${name}/${entry.name}`, isGiven: false };
      if ("bytes" in file && isZip(file.bytes))
        yield { name: file.name, problem: "a ZIP in a ZIP is not opened", isGiven: false };
      else yield withTwin(file, (twin) => names.has(twin));
    }
  } catch (error) {
    yield { name, problem: messageOf(error), isGiven: true };
  }
  return undefined;
}

function withTwin(file: FoundFile, isThere: (name: string) => boolean): FoundFile {
  const twin = /\.txt$/i.test(file.name) ? file.name.replace(/\.txt$/i, ".json") : undefined;
  return twin === undefined || !isThere(twin) ? file : { ...file, twin };
}

function describeUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "there is no such file" : messageOf(error);
}
