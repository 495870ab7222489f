import { RE2JS, RE2JSException } from "re2js";
import { makeNeedle, toSearchText } from "../insight/index.js";

/** Whether a text matches. */
export type TextTest = (text: string) => boolean;

const PATTERN = /^\/(.+)\/([a-z]*)$/s;
const FLAGS: { [flag in string]?: number } = {
  i: RE2JS.CASE_INSENSITIVE,
  s: RE2JS.DOTALL,
  m: RE2JS.MULTILINE,
  u: 0,
};
/** The time of an RE2 expression grows with its own length too, so it may not be long. */
const LONGEST_PATTERN = 1000;

/**
 * The test for a text of the config. Expressions run on what callers say. So RE2 runs them, whose time
 * grows linearly with the text, whatever the expression.
 *
 * @throws {Error} if the text is neither an expression nor words; the message tells why
 */
export function makeTextTest(given: string): TextTest {
  const [, source, flags = ""] = PATTERN.exec(given) ?? [];
  if (source === undefined) {
    const needle = makeNeedle(given);
    if (needle === undefined) throw new Error(`"${given}" has no word in it`);
    return (text) => needle.isIn(toSearchText([text]));
  }
  if (source.length > LONGEST_PATTERN)
    throw new Error(`the expression has over ${LONGEST_PATTERN} characters`);
  const letters = flags.split("");
  const unknown = letters.find((flag) => FLAGS[flag] === undefined);
  if (unknown !== undefined)
    throw new Error(`"${unknown}" is no flag of an expression; it may have i, s, m and u`);
  try {
    const expression = RE2JS.compile(
      source,
      letters.reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), 0),
    );
    return (text) => expression.matcher(text).find();
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new Error(
      `"${given}" is no expression of RE2, which has no look-around and no back-references: ${error.message}`,
      { cause: error },
    );
  }
}
