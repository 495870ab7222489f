/** A cell that begins like this is a formula in a spreadsheet, and a name may come from a stranger. */
const FORMULA = /^[=+@\t\r]|^-(?![\d.]+$)/;
const QUOTED = /[",\n\r]/;

/** Rows as CSV (RFC 4180), which a spreadsheet takes for data and never for a formula. Pure. */
export function formatCsv(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows.map((row) => row.map(formatCell).join(",")).join("\n");
}

function formatCell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
