/** A query that cannot be read. The message names the place and the nearest valid name. */
export class QueryError extends Error {
  override readonly name = "QueryError";
}
