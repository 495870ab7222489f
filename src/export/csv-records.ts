import { stringify } from "csv-stringify/sync";

/** A cell of a CSV file; undefined is empty. */
export type CsvCell = string | number | bigint | undefined;

export interface CsvOptions {
  /** Whether a byte order mark comes first, which Excel needs. */
  bom?: boolean;
  /** What ends a line. RFC 4180 wants CRLF; programs of a shell want LF. */
  lineEnd: "\r\n" | "\n";
}

/**
 * Rows as records of CSV, each with its line end. A text that a spreadsheet would take for a formula
 * begins with an apostrophe, because a name may come from a stranger. Numbers stay numbers. Pure.
 */
export function toCsvRecords(
  rows: readonly (readonly CsvCell[])[],
  { bom = false, lineEnd }: CsvOptions,
): string {
  return stringify(
    rows.map((row) => [...row]),
    { bom, escape_formulas: true, record_delimiter: lineEnd },
  );
}
