import { readMoment } from "../insight/index.js";

/** The times of options, each of the same form as in a query. */
export interface TimeOptions {
  since?: string | undefined;
  until?: string | undefined;
}

/**
 * The query together with `since:` and `until:` of options. Each time is in quotes, because a time such
 * as `2026-11-22 14:30` has a space.
 *
 * @throws {QueryError} if a time cannot be read
 */
export function addTimeTerms(query: string, { since, until }: TimeOptions): string {
  const terms = Object.entries({ since, until }).flatMap(([field, time]) => {
    if (time === undefined) return [];
    // A text that is no time may have a quote, and would add terms of its own.
    readMoment(time, new Date());
    return [`${field}:"${time}"`];
  });
  return [query, ...terms].join(" ").trim();
}
