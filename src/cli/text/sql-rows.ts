import { type CsvCell, toCsvRecords } from "../../export/csv-records.js";
import type { JsonValue } from "../../record/index.js";
import type { Screen } from "../run-command.js";
import type { ResultColumn } from "../sql/engine-messages.js";
import { type Cell, alignColumns, cutToWidth, fitWidths } from "./columns.js";
import { styles } from "./styles.js";
import { hangText } from "./wrap-text.js";

/** Types of which the values stand right. A value too large for a JSON number is a text of digits. */
const NUMBERS =
  /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*|BIGNUM)$/;
const WHOLE_NUMBER = /^-?\d+$/;
const ABSENT = "NULL";
/** In UTF-16 units, as good as always: an emoji of a family has 11. */
const LONGEST_CHARACTER = 12;

/** Rows as a table. On a terminal, wide columns are cut until each row fits into a line. Pure. */
export function formatSqlRows(
  columns: readonly ResultColumn[],
  rows: readonly (readonly JsonValue[])[],
  screen: Screen,
): string {
  const texts = rows.map((row) => row.map((value) => beginningOf(textOf(value), screen)));
  const head = columns.map(({ name }) => name);
  const widths = fitWidths([head, ...texts], screen);
  const cells = (row: readonly string[], style?: Cell["style"]): Cell[] =>
    row.map((text, at) => ({
      text: cutToWidth(text, widths[at] ?? Infinity),
      ...(style !== undefined && { style }),
      ...(style === undefined && text === ABSENT && { style: styles.dim }),
      isRight: NUMBERS.test(columns[at]?.type ?? ""),
    }));
  return alignColumns([cells(head, styles.bold), ...texts.map((row) => cells(row))], screen).join(
    "\n",
  );
}

/** A long text takes seconds to measure, and a terminal shows no more than a line of it. */
function beginningOf(text: string, { columns }: Screen): string {
  const most = columns === undefined ? Infinity : columns * LONGEST_CHARACTER;
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

function textOf(value: JsonValue): string {
  if (value === null) return ABSENT;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The names of the columns as a record of CSV. Pure. */
export function formatSqlHeadCsv(columns: readonly ResultColumn[]): string {
  return toCsvRecords([columns.map(({ name }) => name)], { lineEnd: "\n" });
}

/** A row as a record of CSV. NULL is empty; lists and structures are JSON. Pure. */
export function formatSqlRowCsv(
  columns: readonly ResultColumn[],
  row: readonly JsonValue[],
): string {
  const cells = row.map((value, at): CsvCell => {
    if (value === null) return undefined;
    if (typeof value === "number") return value;
    const text = textOf(value);
    // The digits of a whole number are no formula, even after a minus.
    const isNumber = NUMBERS.test(columns[at]?.type ?? "") && WHOLE_NUMBER.test(text);
    return isNumber ? BigInt(text) : text;
  });
  return toCsvRecords([cells], { lineEnd: "\n" });
}

interface TableToPrint {
  name: string;
  about: string;
  columns: readonly { name: string; type: string; unit?: string; about: string }[];
}

/** The tables that SQL reads, with their columns. Pure. */
export function formatTables(tables: readonly TableToPrint[], screen: Screen): string {
  return tables
    .map(({ name, about, columns }) =>
      [
        hangText([{ text: `${name}  `, style: styles.bold }], [{ text: about }], screen),
        ...alignColumns(
          columns.map((column): Cell[] => [
            { text: `  ${column.name}` },
            { text: column.type, style: styles.dim },
            { text: (column.unit ?? "").replaceAll("`", "") },
            { text: column.about.replaceAll("`", "") },
          ]),
          screen,
        ),
      ].join("\n"),
    )
    .join("\n\n");
}
