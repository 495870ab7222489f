import { messageOf } from "../../src/platform/message-of.js";

/** These errors mean that the path is no file of ours: it is a link, a folder or a socket. */
const NO_FILE = new Set(["ELOOP", "EISDIR", "ENXIO"]);

/**
 * Whether the file system is at fault. It may work again later. Otherwise the file or its content is
 * wrong.
 */
export function isDiskFault(error: unknown): boolean {
  const code = codeOf(error);
  // Node's own errors, such as `ERR_OUT_OF_RANGE`, have an underscore.
  return /^E[A-Z0-9]+$/.test(code) && !NO_FILE.has(code);
}

/** The file system's code of an error; empty if it has none. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/**
 * Returns a function that runs actions whose failure does no harm. A fault is reported once, until it
 * changes or until an action has written something. An action that had nothing to write returns false.
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
      // A full disk gives the same error each time.
      if (fault !== lastFault) report(`The spool "${directory}" fails: ${fault}`);
      lastFault = fault;
    }
  };
}
