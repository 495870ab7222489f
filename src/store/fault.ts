import { constants } from "node:os";

/** The code of a system error, e.g. `ENOSPC`; `undefined` for any other error. */
export function faultCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno = 0 } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return undefined;
  // Node has no names for some that the system has, e.g. for a quota that is used up.
  return code === "UNKNOWN" ? (nameOf(Math.abs(errno)) ?? code) : code;
}

function nameOf(errno: number): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
}

/** An error in words, e.g. `no space left on device (ENOSPC)`. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = faultCode(error);
  if (code === undefined) return error.message;
  const [words = ""] = error.message.replace(/^[A-Z0-9]+: /, "").split(", ");
  return `${words} (${code})`;
}
