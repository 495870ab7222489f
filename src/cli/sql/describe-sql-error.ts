/** DuckDB shows the place as a line of the SQL, and a caret below it. */
const PLACE = /^LINE (\d+): /;
const MOST_OF_PLACE = 40;

/** An error of DuckDB as one sentence with its place: the line, and the words at the caret. Pure. */
export function describeSqlError(text: string): string {
  const lines = text.replace(/^Failed to extract statements: /, "").split("\n");
  const at = lines.findLastIndex((line) => PLACE.test(line));
  const fact = lines.slice(0, at < 0 ? undefined : at).map((line) => line.trim());
  const sentence = fact.filter((line) => line !== "").join(" ");
  const hint = /^(?:Catalog|Binder) Error/.test(sentence)
    ? "; `talktrace query --tables` has the tables and columns"
    : "";
  const shown = lines[at] ?? "";
  const [, line] = PLACE.exec(shown) ?? [];
  const caret = (lines[at + 1] ?? "").indexOf("^");
  if (line === undefined || caret < 0) return sentence + hint;
  const place = shown.slice(Math.max(caret, `LINE ${line}: `.length)).trim();
  const words = place.length > MOST_OF_PLACE ? `${place.slice(0, MOST_OF_PLACE)}...` : place;
  return `${sentence} (line ${line}${words === "" ? "" : `, at: ${words}`})${hint}`;
}
