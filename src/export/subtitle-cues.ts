import stringWidth from "string-width";
import { hasUnspacedScript, segmentGraphemes, segmentWords, toOneLine } from "../record/index.js";
import type { TextKind } from "./export-format.js";
import type { ExportedCall } from "./exported-call.js";
import { textOf } from "./message-text.js";
import { type HeardMessage, listHeard, timeText } from "./speech-times.js";

/** A line that people can read while they listen. A wide sign, e.g. a Chinese one, counts twice. */
export const LINE_COLUMNS = 42;
export const CUE_LINES = 2;
/** In UTF-16 units. A sign that people see may have a dozen of them. */
const LONGEST_MEASURED = 12 * LINE_COLUMNS;

/** One subtitle. */
export interface Cue {
  start_s: number;
  end_s: number;
  role: "user" | "agent";
  /** At most `CUE_LINES` lines of at most `LINE_COLUMNS` columns. */
  lines: string[];
}

/**
 * The subtitles of a call, in the order in which they begin. A long message has several, each from the
 * time of its first word. Pure.
 *
 * @param labelColumns the columns that a speaker's name takes of each first line
 */
export function* listCues(call: ExportedCall, kind: TextKind, labelColumns = 0): Generator<Cue> {
  // Both may speak at once, and then the subtitles of one message begin after those of the next one.
  let waiting: Cue[] = [];
  for (const heard of listHeard(call)) {
    yield* waiting.filter(({ start_s }) => start_s <= heard.start_s);
    waiting = waiting.filter(({ start_s }) => start_s > heard.start_s);
    waiting.push(...cuesOf(heard, kind, labelColumns));
    waiting.sort((a, b) => a.start_s - b.start_s);
  }
  yield* waiting;
}

function cuesOf(heard: HeardMessage, kind: TextKind, labelColumns: number): Cue[] {
  const { message, end_s } = heard;
  const { text, unheard } = textOf(message, kind);
  const line = toOneLine(text);
  const whole = unheard === undefined ? line : `${line} [not heard: ${toOneLine(unheard)}]`;
  const lines = breakLines(whole, labelColumns);
  const timeOf = timeText(message, line, heard);
  const cues: Cue[] = [];
  for (let at = 0; at < lines.length; at += CUE_LINES) {
    const shown = lines.slice(at, at + CUE_LINES);
    const start_s = timeOf(shown[0]?.offset ?? 0);
    const next = lines[at + CUE_LINES];
    const until_s = next === undefined ? end_s : timeOf(next.offset);
    cues.push({
      start_s,
      end_s: Math.max(until_s, start_s + 0.001),
      role: message.role,
      lines: shown.map((each) => each.text),
    });
  }
  return cues;
}

/** A line of a text, and where it begins in the text. */
export interface Line {
  text: string;
  offset: number;
}

/**
 * Breaks a text into lines of at most `LINE_COLUMNS` columns: at spaces, and between words of scripts
 * that have no spaces. A longer word is cut between graphemes. Pure.
 *
 * @param labelColumns the columns that are taken of the first line of each subtitle
 */
export function breakLines(text: string, labelColumns = 0): Line[] {
  const lines: Line[] = [];
  let line: Line = { text: "", offset: 0 };
  let columns = 0;
  const roomOf = (at: number): number =>
    at % CUE_LINES === 0 ? LINE_COLUMNS - labelColumns : LINE_COLUMNS;
  const end = (offset: number): void => {
    const shown = line.text.trimEnd();
    if (shown !== "") lines.push({ text: shown, offset: line.offset });
    line = { text: "", offset };
    columns = 0;
  };
  const add = (piece: string, width: number): void => {
    line.text += piece;
    columns += width;
  };
  for (const { text: piece, offset } of listUnbreakable(text)) {
    const shown = piece.trimEnd();
    // Measuring a text takes more than time in proportion to it, and a long one never fits.
    const shownWidth = shown.length > LONGEST_MEASURED ? Infinity : stringWidth(shown);
    if (columns + shownWidth > roomOf(lines.length) && line.text !== "") end(offset);
    if (line.text === "" && piece.trim() === "") {
      line.offset = offset + piece.length;
      continue;
    }
    if (shownWidth <= roomOf(lines.length)) {
      add(piece, shownWidth + piece.length - shown.length);
      continue;
    }
    for (const grapheme of segmentGraphemes(shown)) {
      const width = stringWidth(grapheme.text);
      if (columns + width > roomOf(lines.length)) end(offset + grapheme.start);
      add(grapheme.text, width);
    }
    add(piece.slice(shown.length), piece.length - shown.length);
  }
  end(text.length);
  return lines;
}

const OPENING = /[\p{Ps}\p{Pi}]$/u;

/** The parts of a text between which a line may end, each with the spaces after it. */
function* listUnbreakable(text: string): Generator<Line> {
  let part: Line = { text: "", offset: 0 };
  let before = "";
  for (const { text: piece, start, isWordLike } of segmentWords(text)) {
    const isUnspaced =
      isWordLike &&
      !OPENING.test(before) &&
      (hasUnspacedScript(piece) || hasUnspacedScript(before));
    if (part.text !== "" && piece.trim() !== "" && (/\s$/u.test(before) || isUnspaced)) {
      yield part;
      part = { text: "", offset: start };
    }
    part.text += piece;
    before = piece;
  }
  if (part.text !== "") yield part;
}
