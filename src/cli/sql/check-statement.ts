/** SQL that is not run, because of what it is or does. The message says the fact and the way out. */
export class RefusedSqlError extends Error {
  override readonly name = "RefusedSqlError";
}

/**
 * Functions that make a table and do no more than that. Others read files and settings, or change
 * them: `SELECT * FROM enable_profiling()` changes a setting though the configuration is locked.
 */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  "duckdb_columns",
  "duckdb_functions",
  "duckdb_keywords",
  "duckdb_tables",
  "duckdb_types",
  "duckdb_views",
  "generate_series",
  "json_each",
  "json_tree",
  "pragma_table_info",
  "range",
  "repeat",
  "repeat_row",
  "unnest",
]);

type Node = { [key: string]: unknown };

/**
 * The names that a statement reads, in lower case. Pure.
 *
 * @param tree the statement as DuckDB's `json_serialize_sql` gives it
 * @throws {RefusedSqlError} if it is no SELECT, or calls a function that it may not call
 */
export function findNamesRead(tree: unknown): string[] {
  if (!isNode(tree) || tree["error"] !== false || !Array.isArray(tree["statements"]))
    throw new RefusedSqlError(
      "only one SELECT may run, also as WITH, FROM, VALUES, SUMMARIZE or DESCRIBE",
    );
  const names = new Set<string>();
  // A statement can be nested deeper than functions can call each other.
  const waiting: unknown[] = [tree["statements"]];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (Array.isArray(each)) for (const item of each) waiting.push(item);
    else if (isNode(each)) {
      checkNode(each);
      if (typeof each["table_name"] === "string") names.add(each["table_name"].toLowerCase());
      for (const value of Object.values(each)) waiting.push(value);
    }
  }
  return [...names];
}

function checkNode(node: Node): void {
  if (node["type"] !== "TABLE_FUNCTION") return;
  const called = node["function"];
  const name = isNode(called) ? called["function_name"] : undefined;
  if (typeof name === "string" && TABLE_FUNCTIONS.has(name.toLowerCase())) return;
  throw new RefusedSqlError(
    `it may not read from the function ${String(name)}(), because SQL here reads calls and nothing else; \`talktrace query --tables\` has the tables`,
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
