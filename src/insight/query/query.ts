import type { CallSummary, SearchedMessage } from "../call-summary.js";
import { foldText, wordsOf } from "../findings/words.js";
import { type Fits, makeFieldTest } from "./fields.js";
import { QueryError, nameNearest } from "./query-error.js";

/** A query that was understood. */
export interface Query {
  /** Whether a call fits every term. */
  fits: Fits;
  /** The messages that have a word or phrase of the query, in order; none where it has no words. */
  findHits(call: CallSummary): SearchedMessage[];
}

/** `-`, a field with its colon, and a value in quotes or up to the next space. */
const TERM = /(-)?(?:([A-Za-z_][\w.-]*):)?(?:"([^"]*)"|([^\s"]+))?/y;
/** Scripts whose words are cut differently with other words around them. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u;
const ROLES = ["user", "agent"];

/**
 * Reads a query: words and "phrases", `field:value`, and `-` before what may not be. All terms have
 * to fit. `role:` says whose words are searched. `now` is what `since:7d` counts from.
 *
 * @throws {QueryError} for what cannot be understood, with the place and the nearest that can
 */
export function parseQuery(text: string, now: Date = new Date()): Query {
  const fields: Fits[] = [];
  const wanted: ((message: SearchedMessage) => boolean)[] = [];
  const unwanted: ((message: SearchedMessage) => boolean)[] = [];
  let role: string | undefined;
  for (const { isNot, field, value, at } of splitTerms(text)) {
    try {
      if (field === "role") {
        if (!ROLES.includes(value) || isNot)
          throw new QueryError(`"role:" is user or agent${nameNearest(value, ROLES)}`);
        role = value;
      } else if (field !== undefined) {
        const fits = makeFieldTest(field, value, now);
        fields.push(isNot ? (call) => !fits(call) : fits);
      } else (isNot ? unwanted : wanted).push(makeWordTest(value));
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      throw new QueryError(`Cannot read the query at character ${at + 1}: ${error.message}`);
    }
  }
  const messagesOf = ({ messages }: CallSummary): SearchedMessage[] =>
    messages.filter((message) => role === undefined || message.role === role);
  return {
    fits: (call) =>
      fields.every((fits) => fits(call)) &&
      (role === undefined || messagesOf(call).length > 0) &&
      wanted.every((has) => messagesOf(call).some(has)) &&
      !unwanted.some((has) => messagesOf(call).some(has)),
    findHits: (call) => messagesOf(call).filter((message) => wanted.some((has) => has(message))),
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

/** Whether a message has these words one after another, without regard to case, accents and width. */
function makeWordTest(text: string): (message: SearchedMessage) => boolean {
  const sought = wordsOf(text);
  if (sought.length === 0) throw new QueryError(`"${text}" has no word in it`);
  if (UNSPACED.test(text)) {
    const folded = foldText(text);
    return (message) => textsOf(message).some((each) => foldText(each).includes(folded));
  }
  const phrase = join(sought);
  return (message) => textsOf(message).some((each) => join(wordsOf(each)).includes(phrase));
}

function textsOf({ content, generated }: SearchedMessage): string[] {
  return generated === undefined ? [content] : [content, generated];
}

function join(words: readonly string[]): string {
  return ` ${words.join(" ")} `;
}
