import { messageOf } from "../../src/platform/message-of.js";

/** The name belongs to no file of ours but to a link, a folder or a socket. */
const NO_FILE = new Set(["ELOOP", "EISDIR", "ENXIO"]);

/**
 * Whether the file system is at fault, which may work again later, rather than what was found or
 * read there.
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

/**
 * Gives a function that does what may fail without harm; a fault is reported once until it changes,
 * or until an action has written something: one that had nothing to write returns false.
 */
export function reportFaults(
  directory: string,
  report: (line: string) => void,
): (action: () => unknown) => void {
  let lastFault = "";
  return (action) => {
    try {
      if (action() !== false) lastFault = "";
    } catch (error) {
      const fault = messageOf(error);
      // A full disk says the same each time.
      if (fault !== lastFault) report(`The spool "${directory}" fails: ${fault}`);
      lastFault = fault;
    }
  };
}
