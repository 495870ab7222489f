import { hasUnspacedScript, segmentGraphemes, segmentWords } from "../../record/index.js";
import type { Screen } from "../run-command.js";
import type { Cell } from "./columns.js";
import { widthOf } from "./text-width.js";

/** A piece of a line: its text without styles, and its style. */
export interface Piece extends Omit<Cell, "isRight"> {
  /** No line breaks within it, if it fits on a line. */
  isWhole?: boolean;
}

const NARROWEST = 16;
/** On a narrow terminal, the text below a long head would be a column of single words. */
const WIDEST_HEAD_SHARE = 0.4;
const SHORT_INDENT = 4;

/**
 * A head and a text as one paragraph. On a terminal the text is wrapped at its width, and the following
 * lines begin below the text. In a file or a pipe it is one line. Pure.
 */
export function hangText(
  head: readonly Piece[],
  text: readonly Piece[],
  { columns }: Screen,
): string {
  const headText = head.map(draw).join("");
  if (columns === undefined) return headText + text.map(draw).join("");
  const headWidth = head.reduce((sum, piece) => sum + widthOf(piece.text), 0);
  const indent = headWidth > columns * WIDEST_HEAD_SHARE ? SHORT_INDENT : headWidth;
  const widths = [columns - headWidth, columns - indent].map((each) => Math.max(NARROWEST, each));
  const [first = "", ...rest] = wrapPieces(text, widths[0]!, widths[1]!);
  return [headText + first, ...rest.map((line) => " ".repeat(indent) + line)].join("\n");
}

function draw({ text, style }: Piece): string {
  return style === undefined || text === "" ? text : style(text);
}

/** Breaks pieces into lines at spaces, at words of scripts without spaces, else at graphemes. */
function wrapPieces(pieces: readonly Piece[], firstWidth: number, width: number): string[] {
  const lines: string[] = [];
  let line: Piece[] = [];
  let left = firstWidth;
  const breakLine = (): void => {
    lines.push(drawLine(line));
    line = [];
    left = width;
  };
  for (const token of pieces.flatMap((piece) => splitPiece(piece, width))) {
    const taken = widthOf(token.text.trimEnd());
    if (taken > left && (line.length > 0 || left < width)) breakLine();
    // A line that begins with the blanks between two words would look indented.
    const text = line.length === 0 ? token.text.trimStart() : token.text;
    if (text === "" && lines.length > 0) continue;
    line.push({ ...token, text });
    left -= widthOf(text);
  }
  if (line.length > 0) breakLine();
  return lines;
}

/** Neighbours of one style become one piece, so that a style begins and ends once. */
function drawLine(line: readonly Piece[]): string {
  const joined: Piece[] = [];
  for (const piece of line) {
    const last = joined.at(-1);
    if (last !== undefined && last.style === piece.style) last.text += piece.text;
    else joined.push({ ...piece });
  }
  const last = joined.at(-1);
  if (last !== undefined) last.text = last.text.trimEnd();
  return joined.map(draw).join("");
}

/** The parts of a piece between which a line may break, none wider than a line. */
function splitPiece({ text, style, isWhole }: Piece, width: number): Piece[] {
  if (isWhole === true && widthOf(text) <= width) return [{ text, ...(style && { style }) }];
  const words = text.match(/^\s+|\S+\s*/gu) ?? [];
  return words
    .flatMap((word) => (hasUnspacedScript(word) ? splitUnspaced(word) : [word]))
    .flatMap((word) => (widthOf(word.trimEnd()) > width ? cutWord(word, width) : [word]))
    .map((part) => ({ text: part, ...(style && { style }) }));
}

/** Punctuation stays with the word before it. */
function splitUnspaced(text: string): string[] {
  const parts: string[] = [];
  for (const { text: part, isWordLike } of segmentWords(text)) {
    if (isWordLike || parts.length === 0) parts.push(part);
    else parts[parts.length - 1] += part;
  }
  return parts;
}

function cutWord(word: string, width: number): string[] {
  const parts = [""];
  let taken = 0;
  for (const { text } of segmentGraphemes(word)) {
    const wide = widthOf(text);
    if (taken + wide > width && parts.at(-1) !== "") {
      parts.push("");
      taken = 0;
    }
    parts[parts.length - 1] += text;
    taken += wide;
  }
  return parts;
}
