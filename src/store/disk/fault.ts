import { constants } from "node:os";

import { messageOf } from "../../platform/message-of.js";

/** The code of a system error, e.g. `ENOSPC`; `undefined` for any other error. */
export function faultCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno = 0 } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return undefined;
  // Node has no names for some system errors, e.g. for an exceeded quota.
  return code === "UNKNOWN" ? (nameOf(Math.abs(errno)) ?? code) : code;
}

function nameOf(errno: number): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
}

/** An error in words, e.g. `no space left on device (ENOSPC)`. */
export function describeFault(error: unknown): string {
  const code = faultCode(error);
  const message = messageOf(error);
  if (code === undefined) return message;
  const [words = ""] = message.replace(/^[A-Z0-9]+: /, "").split(", ");
  return `${words} (${code})`;
}

const FULL = "make room on the disk";
const TOO_MANY_FILES = "let the process open more files (ulimit -n)";
const FORBIDDEN = "make the folder writable";
const NO_FOLDER = "choose a folder that can be made";
const WAYS_OUT: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", FULL],
  ["EDQUOT", FULL],
  ["EMFILE", TOO_MANY_FILES],
  ["ENFILE", "let the system open more files (fs.file-max)"],
  ["EACCES", FORBIDDEN],
  ["EPERM", FORBIDDEN],
  ["EROFS", FORBIDDEN],
  ["ENOENT", NO_FOLDER],
  ["ENOTDIR", NO_FOLDER],
  ["ENAMETOOLONG", "choose a folder with a shorter path"],
]);

/** What a person can do about a fault of the disk. */
export function findWayOut(error: unknown): string {
  return WAYS_OUT.get(faultCode(error) ?? "") ?? "see to the disk of that folder";
}
