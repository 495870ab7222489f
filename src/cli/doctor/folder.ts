import { constants } from "node:fs";
import { access, lstat, readdir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "../../platform/message-of.js";
import type { DoctorCheck } from "./doctor-check.js";

/** A busy agent writes some 100 MiB a day, so less room than this needs attention. */
const LITTLE_ROOM_BYTES = 500 * 1024 * 1024;
const NO_ROOM_BYTES = 20 * 1024 * 1024;
const OWN_FILE = /\.(json|journal|txt)$|\.journal\.recovering-/;

/** Checks the folder of the record, the room on its disk, and who may read its files. */
export async function examineFolder(
  directory: string,
  fileMode: number | undefined,
): Promise<DoctorCheck[]> {
  const found = await stat(directory).catch((error: unknown) => error as NodeJS.ErrnoException);
  if (found instanceof Error) return await examineMissing(directory, found);
  if (!found.isDirectory())
    return [
      {
        what: "folder",
        outcome: "bad",
        fact: `"${directory}" is no folder`,
        way_out: "set TALKTRACE_DIRECTORY to a folder, or move the file away",
      },
    ];
  const isWritable = await may(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  if (!isWritable)
    return [
      {
        what: "folder",
        outcome: "bad",
        fact: `"${directory}" cannot be written by this user (mode ${octal(found.mode)})`,
        way_out: "give the agent's user the folder, or set TALKTRACE_DIRECTORY to another",
      },
    ];
  return [
    await describeCalls(directory),
    await examineDisk(directory),
    await examineModes(directory, fileMode),
  ];
}

async function examineMissing(
  directory: string,
  error: NodeJS.ErrnoException,
): Promise<DoctorCheck[]> {
  if (error.code !== "ENOENT")
    return [{ what: "folder", outcome: "bad", fact: `"${directory}": ${messageOf(error)}` }];
  const parent = await firstExisting(resolve(directory));
  const canBeMade = await may(parent, constants.W_OK | constants.X_OK);
  return [
    canBeMade
      ? {
          what: "folder",
          outcome: "ok",
          fact: `"${directory}" is not there yet; the first call makes it`,
        }
      : {
          what: "folder",
          outcome: "bad",
          fact: `"${directory}" is not there, and cannot be made in "${parent}"`,
          way_out: "make it for the agent's user, or set TALKTRACE_DIRECTORY to another",
        },
    await examineDisk(parent),
  ];
}

async function firstExisting(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder))
    if ((await may(folder, constants.F_OK)) || dirname(folder) === folder) return folder;
}

async function describeCalls(directory: string): Promise<DoctorCheck> {
  const names = await readdir(directory);
  const calls = names.filter((name) => name.endsWith(".json") && !name.endsWith(".tags.json"));
  const journals = names.filter((name) => /\.journal(\.recovering-.*)?$/.test(name)).length;
  const open =
    journals === 0
      ? ""
      : `, ${journals} open or left behind (\`talktrace recover\` completes those whose process died)`;
  return {
    what: "folder",
    outcome: "ok",
    fact: `"${directory}" can be written and has ${calls.length} calls${open}`,
  };
}

async function examineDisk(directory: string): Promise<DoctorCheck> {
  try {
    const { bavail, bsize, ffree, files } = await statfs(directory);
    const freeBytes = bavail * bsize;
    const fact = `${Math.floor(freeBytes / 1024 / 1024)} MiB free`;
    if (files > 0 && ffree === 0)
      return { what: "disk", outcome: "bad", fact: "no inode is free", way_out: "remove files" };
    if (freeBytes >= LITTLE_ROOM_BYTES) return { what: "disk", outcome: "ok", fact };
    const way_out = "make room; without it calls wait in memory, and a killed process loses them";
    return { what: "disk", outcome: freeBytes < NO_ROOM_BYTES ? "bad" : "warn", fact, way_out };
  } catch (error) {
    return { what: "disk", outcome: "warn", fact: `the system does not tell: ${messageOf(error)}` };
  }
}

/** Files that other people may read than intended. */
async function examineModes(directory: string, fileMode: number = 0o600): Promise<DoctorCheck> {
  const open: string[] = [];
  for (const name of (await readdir(directory)).filter((each) => OWN_FILE.test(each))) {
    const found = await lstat(join(directory, name)).catch(() => undefined);
    if (found?.isFile() === true && (found.mode & 0o077 & ~fileMode) !== 0) open.push(name);
  }
  if (process.platform === "win32" || open.length === 0)
    return {
      what: "modes",
      outcome: "ok",
      fact: `no file is open to more than ${octal(fileMode)}`,
    };
  return {
    what: "modes",
    outcome: "warn",
    fact: `${open.length} ${open.length === 1 ? "file" : "files"} may be read by others, e.g. "${open[0]}"`,
    way_out: `chmod ${octal(fileMode)} on them, or say with TALKTRACE_FILE_MODE that it is meant`,
  };
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8).padStart(3, "0")}`;
}

async function may(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
