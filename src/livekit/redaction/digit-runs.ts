import { decodeText } from "./decode-text.js";
import { findDigits, hasNumeral } from "./numerals.js";

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
/** How a character is taken: it ends a run, is a mark in it, or digits of it. */
const ENDS = 1;
const MARK = 2;
const DIGITS = 3;
/** By code unit; 0 where it is not known yet. Most texts have few different characters. */
const kinds = new Uint8Array(0x10000);

/**
 * Reads a text once, from beginning to end. A run ends at a letter, or if there are too many marks
 * between two digits.
 *
 * @param fewest runs with fewer digits are left out
 */
export function readDigitRuns(text: string, fewest = 1): DigitRun[] {
  if (text.length < fewest / 2 || !hasNumeral(text)) return [];
  const { text: decoded, places } = decodeText(text);
  const runs = new RunBuilder(fewest);
  for (let at = 0; at < decoded.length;) {
    const unit = decoded.charCodeAt(at);
    const known = kinds[unit] ?? 0;
    if (known === ENDS) {
      runs.end();
      at += 1;
      continue;
    }
    const character = String.fromCodePoint(decoded.codePointAt(at) ?? 0);
    const kind = known === 0 ? findKind(character, unit) : known;
    const start = places?.starts[at] ?? at;
    at += character.length;
    if (kind === DIGITS)
      runs.addDigits(findDigits(character) ?? "", start, places?.ends[at - 1] ?? at);
    else if (kind === MARK) runs.addMark(character, start);
    else runs.end();
  }
  return runs.finish();
}

function findKind(character: string, unit: number): number {
  const kind =
    findDigits(character) !== undefined ? DIGITS : SEPARATOR.test(character) ? MARK : ENDS;
  // Half of a surrogate pair tells nothing of the other pairs that begin with it.
  if (unit < 0xd800 || unit > 0xdfff) kinds[unit] = kind;
  return kind;
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

  addDigits(digits: string, start: number, end: number): void {
    const run = this.#run;
    if (this.#hasPlus) run.plusAt.push(run.starts.length);
    const joint = this.#markCount > USUAL_BETWEEN ? (this.#joint ?? "mark") : this.#joint;
    if (joint !== undefined) run.joints.push({ at: run.starts.length, kind: joint });
    for (const digit of digits) {
      run.digits += digit;
      run.starts.push(start);
      run.ends.push(end);
      run.openings.push(this.#opening);
    }
    this.#forgetMarks();
  }

  addMark(mark: string, at: number): void {
    if (mark === "+" || mark === "＋") {
      // A `+` begins a number. Between two digits it may also stand for a space.
      if (this.#markCount > 0) this.end();
      this.#hasPlus = true;
      this.#opening = at;
    } else if (this.#markCount < MOST_BETWEEN) {
      this.#markCount += 1;
      this.#noteJoint(mark);
      if (mark === "(") this.#opening ??= at;
      else if (!this.#hasPlus) this.#opening = undefined;
    } else {
      this.end();
    }
  }

  finish(): DigitRun[] {
    this.end();
    return this.#all;
  }

  end(): void {
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
