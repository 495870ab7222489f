/**
 * Digits of a text that may be one number: between two of them are only a few marks, and no letters. A
 * digit of any script has its value and its place.
 */
export interface DigitRun {
  /** The values, as ASCII digits. */
  digits: string;
  /** Where each digit begins and ends in the text. */
  starts: number[];
  ends: number[];
  /** Where the `+` or the bracket before a digit begins, by the digit's index. */
  openings: (number | undefined)[];
  /** The indexes of the digits that follow a `+`. */
  plusAt: number[];
  /** The indexes of the digits after a mark that may also join two numbers. */
  joints: { at: number; kind: Joint }[];
}

/**
 * The kind of a mark between two digits that may belong to two numbers:
 *
 * - `list`: `_`, or a comma followed by a space, as between the members of a list.
 * - `mark`: a mark that few people write within a number, such as a comma, a colon or a quote.
 */
export type Joint = "list" | "mark";

/** The most marks between two digits of a number. */
const MOST_BETWEEN = 16;
/**
 * With more marks than this between two digits, the kind is `mark`, because few people write digits so
 * far apart.
 */
const USUAL_BETWEEN = 4;
/**
 * Marks that people write between the digits of a number: spaces, dashes and invisible marks of any
 * script.
 */
const USUAL = /[\s\p{Z}\p{Pd}\p{Cf}\p{M}().·•‧∙⋅・/\\*~|−]/u;
/** Other marks between digits: everything but letters and digits. */
const SEPARATOR = /[^\p{L}\p{N}]/u;
const COMMA = /[,;،؛、，；]/u;
const SPACE = /[\s\p{Z}]/u;
/** A character as it is encoded in a URL, e.g. `%20`, or `%E2%80%91` for U+2011. */
const ENCODED =
  /^%(?:[0-7][0-9A-F]|[CD][0-9A-F]%[89AB][0-9A-F]|E[0-9A-F](?:%[89AB][0-9A-F]){2}|F[0-7](?:%[89AB][0-9A-F]){3})/i;
const MOST_ENCODED_CHARS = 12;
const NUMERAL = /[\p{Nd}\p{No}]/u;

/**
 * Reads a text once, from beginning to end. A run ends at a letter, or if there are too many marks
 * between two digits.
 *
 * @param fewest runs with fewer digits are left out
 */
export function readDigitRuns(text: string, fewest = 1): DigitRun[] {
  if (!NUMERAL.test(text)) return [];
  const runs = new RunBuilder(fewest);
  for (let at = 0; at < text.length;) {
    const { mark, length } = readCharacter(text, at);
    const end = at + length;
    const value = digitOf(mark);
    if (value !== undefined) runs.addDigit(value, at, end);
    else runs.addMark(mark, at);
    at = end;
  }
  return runs.finish();
}

/** The character at a place, plain or encoded. */
function readCharacter(text: string, at: number): { mark: string; length: number } {
  if (text[at] === "%") {
    const encoded = ENCODED.exec(text.slice(at, at + MOST_ENCODED_CHARS))?.[0];
    const decoded = encoded === undefined ? undefined : decode(encoded);
    if (encoded !== undefined && decoded !== undefined)
      return { mark: decoded, length: encoded.length };
  }
  const mark = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return { mark, length: mark.length };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Such bytes are no character.
    return undefined;
  }
}

class RunBuilder {
  readonly #fewest: number;
  readonly #all: DigitRun[] = [];
  #run = newRun();
  /** The marks since the last digit: how many, and where a `+` or a bracket is. */
  #markCount = 0;
  #opening: number | undefined;
  #hasPlus = false;
  #joint: Joint | undefined;
  #hasComma = false;

  constructor(fewest: number) {
    this.#fewest = fewest;
  }

  addDigit(value: number, start: number, end: number): void {
    const run = this.#run;
    if (this.#hasPlus) run.plusAt.push(run.starts.length);
    const joint = this.#markCount > USUAL_BETWEEN ? (this.#joint ?? "mark") : this.#joint;
    if (joint !== undefined) run.joints.push({ at: run.starts.length, kind: joint });
    run.digits += String(value);
    run.starts.push(start);
    run.ends.push(end);
    run.openings.push(this.#opening);
    this.#forgetMarks();
  }

  addMark(mark: string, at: number): void {
    if (mark === "+" || mark === "＋") {
      // A `+` begins a number. Between two digits it may also stand for a space.
      if (this.#markCount > 0) this.#end();
      this.#hasPlus = true;
      this.#opening = at;
    } else if (SEPARATOR.test(mark) && this.#markCount < MOST_BETWEEN) {
      this.#markCount += 1;
      this.#noteJoint(mark);
      if (mark === "(") this.#opening ??= at;
      else if (!this.#hasPlus) this.#opening = undefined;
    } else {
      this.#end();
    }
  }

  finish(): DigitRun[] {
    this.#end();
    return this.#all;
  }

  #end(): void {
    this.#forgetMarks();
    if (this.#run.starts.length === 0) return;
    if (this.#run.starts.length >= this.#fewest) this.#all.push(this.#run);
    this.#run = newRun();
  }

  #noteJoint(mark: string): void {
    if (mark === "_" || (this.#hasComma && SPACE.test(mark))) this.#joint = "list";
    else if (!USUAL.test(mark)) this.#joint ??= "mark";
    this.#hasComma ||= COMMA.test(mark);
  }

  #forgetMarks(): void {
    this.#markCount = 0;
    this.#opening = undefined;
    this.#hasPlus = false;
    this.#joint = undefined;
    this.#hasComma = false;
  }
}

function newRun(): DigitRun {
  return { digits: "", starts: [], ends: [], openings: [], plusAt: [], joints: [] };
}

/** Replaces each range of the text by `by`. Overlapping ranges count as one. */
export function replaceRanges(
  text: string,
  ranges: readonly { start: number; end: number }[],
  by: string,
): string {
  let written = "";
  let end = 0;
  let isOpen = false;
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) {
    if (isOpen && range.start < end) {
      end = Math.max(end, range.end);
      continue;
    }
    written += text.slice(end, range.start) + by;
    end = range.end;
    isOpen = true;
  }
  return written + text.slice(end);
}

const values = new Map<string, number | undefined>();

/** The value of a digit of any script; undefined for any other character. */
function digitOf(character: string): number | undefined {
  if (character >= "0" && character <= "9") return Number(character);
  if (character < "\u0080" || !NUMERAL.test(character)) return undefined;
  if (!values.has(character)) values.set(character, findValue(character));
  return values.get(character);
}

/** Unicode has the ten digits of a script in a row. Other numerals get their value by normalization. */
function findValue(character: string): number | undefined {
  const meant = character.normalize("NFKC");
  if (/^[0-9]$/.test(meant)) return Number(meant);
  if (!/\p{Nd}/u.test(character)) return undefined;
  const code = character.codePointAt(0) ?? 0;
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}
