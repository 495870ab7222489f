/** What stands under the name is no file of ours: a link, a folder, a socket. */
const NO_FILE = new Set(["ELOOP", "EISDIR", "ENXIO"]);

/**
 * Whether an error is the file system's, which may work again later, and not one of what was found
 * or read there.
 */
export function isDiskFault(error: unknown): boolean {
  const code = codeOf(error);
  // Node's own errors, such as `ERR_OUT_OF_RANGE`, have an underscore.
  return /^E[A-Z0-9]+$/.test(code) && !NO_FILE.has(code);
}

/** The file system's code of an error; empty when it has none. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
