import picocolors from "picocolors";

/**
 * Bold and colours for people at a terminal. picocolors also colours if `CI` is set, so that a pipe in
 * continuous integration would get codes instead of plain text. `FORCE_COLOR` still asks for them.
 */
export const styles = picocolors.createColors(
  picocolors.isColorSupported && (process.stdout.isTTY || process.env["FORCE_COLOR"] !== undefined),
);
