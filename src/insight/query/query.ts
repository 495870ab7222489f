import { nameNearest } from "../../record/index.js";
import type { CallSummary, SearchedMessage } from "../call-summary.js";
import { type Fits, makeFieldTest } from "./fields.js";
import { wordsOf } from "../findings/words.js";
import { type Needle, makeNeedle } from "../search-text.js";
import { RULES } from "../findings/index.js";
import { QueryError } from "./query-error.js";

/** A query that was parsed. */
export interface Query {
  /** Whether a call matches every term. */
  fits: Fits;
  /** The messages that contain a word or phrase of the query, in order. None if the query has no words. */
  findHits(call: CallSummary): SearchedMessage[];
  /** The words to search for, folded. */
  words: string[];
}

/** `-`, a field with its colon, and a value in quotes or up to the next space. */
const TERM = /(-)?(?:([A-Za-z_][\w.-]*):)?(?:"([^"]*)"|([^\s"]+))?/y;
const ROLES = ["user", "agent"];

/**
 * Parses a query: words, "phrases" and `field:value`. A `-` excludes calls that match the term. Calls
 * must match all terms. `role:` limits the search to one side's words. `since:7d` counts back from
 * `now`. `rules` are the names that `finding:` may have.
 *
 * @throws {QueryError} if the query cannot be read; it names the place and the nearest valid name
 */
export function parseQuery(
  text: string,
  now: Date = new Date(),
  rules: readonly string[] = RULES,
): Query {
  const fields: Fits[] = [];
  const wanted: Needle[] = [];
  const unwanted: Needle[] = [];
  const words: string[] = [];
  let role: string | undefined;
  for (const { isNot, field, value, at } of splitTerms(text)) {
    try {
      if (field === "role") {
        if (!ROLES.includes(value) || isNot)
          throw new QueryError(`"role:" is user or agent${nameNearest(value, ROLES)}`);
        role = value;
      } else if (field !== undefined) {
        const fits = makeFieldTest(field, value, now, rules);
        fields.push(isNot ? (call) => !fits(call) : fits);
      } else {
        (isNot ? unwanted : wanted).push(needNeedle(value));
        if (!isNot) words.push(...wordsOf(value));
      }
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      throw new QueryError(`Cannot read the query at character ${at + 1}: ${error.message}`);
    }
  }
  const isSought = (message: SearchedMessage | undefined): boolean =>
    role === undefined || message?.role === role;
  const has = (call: CallSummary, needle: Needle): boolean => {
    if (!call.hasText(needle.text)) return false;
    // A call of the index parses its messages at each access.
    const messages = role === undefined ? [] : call.messages;
    return call.searchTexts.some((line, place) => needle.isIn(line) && isSought(messages[place]));
  };
  return {
    words,
    fits: (call) =>
      fields.every((fits) => fits(call)) &&
      (role === undefined || call.messages.some((message) => message.role === role)) &&
      wanted.every((needle) => has(call, needle)) &&
      !unwanted.some((needle) => has(call, needle)),
    findHits(call) {
      if (wanted.length === 0) return [];
      const { messages, searchTexts } = call;
      return messages.filter((message, place) => {
        const line = searchTexts[place] ?? "";
        return isSought(message) && wanted.some((needle) => needle.isIn(line));
      });
    },
  };
}

interface Term {
  isNot: boolean;
  field: string | undefined;
  value: string;
  at: number;
}

function splitTerms(text: string): Term[] {
  const terms: Term[] = [];
  let at = 0;
  for (;;) {
    while (/\s/u.test(text[at] ?? "")) at += 1;
    if (at >= text.length) return terms;
    TERM.lastIndex = at;
    const [whole = "", not, field, quoted, bare] = TERM.exec(text) ?? [];
    if (whole === "" || (field === undefined && quoted === undefined && bare === undefined))
      throw new QueryError(
        `Cannot read the query at character ${at + 1}: ${text[at] === '"' ? "a quote is not closed" : `"${text[at]}" stands alone`}`,
      );
    terms.push({ isNot: not !== undefined, field, value: quoted ?? bare ?? "", at });
    at += whole.length;
  }
}

/** @throws {QueryError} if the text contains no word */
function needNeedle(text: string): Needle {
  const needle = makeNeedle(text);
  if (needle === undefined) throw new QueryError(`"${text}" has no word in it`);
  return needle;
}
