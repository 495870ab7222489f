import { segmentWords } from "../../record/index.js";
import { type UnchangedPart, findUnchanged } from "./unchanged-parts.js";

/** The most characters of both texts whose words are compared. `Intl.Segmenter` takes 2 ms for 1,000. */
const MOST_COMPARED_CHARS = 4096;

/**
 * The parts of a text that stayed after a change, in order and word by word, so far as they tell where
 * a place of it is now. Of texts of up to 4,096 characters together they are all the parts.
 *
 * Long texts are compared from their beginning, by many characters at once, up to the place. Then the
 * words around the place are compared. If a change is too long for that, or if there are very many, the
 * place is in no unchanged part.
 */
export function findUnchangedNear(before: string, after: string, at: number): UnchangedPart[] {
  if (before.length + after.length <= MOST_COMPARED_CHARS) return findUnchanged(before, after);
  const { start, end } = findSurroundings(before, after, at);
  const from = { before: start.before + start.length, after: start.after + start.length };
  const [old, now] = [before.slice(from.before, end.before), after.slice(from.after, end.after)];
  const between =
    old.length + now.length > MOST_COMPARED_CHARS
      ? []
      : findUnchanged(old, now).map((part) => ({
          before: part.before + from.before,
          after: part.after + from.after,
          length: part.length,
        }));
  return [start, ...between, end];
}

/** A place that both texts share. */
interface Shared {
  before: number;
  after: number;
}

/** So many equal characters prove that it is the same place. */
const SURE_CHARS = 24;
/** A change may take so many characters in either text. */
const MOST_CHANGED_CHARS = 512;
/** So many changes are passed in a text. Each takes less than 0.1 ms. */
const MOST_CHANGES = 128;
/** So much unchanged text around the place is compared again. */
const AROUND_CHARS = 128;

/** The unchanged part in front of the surroundings of a place, and the one behind them. */
function findSurroundings(
  before: string,
  after: string,
  at: number,
): { start: UnchangedPart; end: UnchangedPart } {
  let last: UnchangedPart = { before: 0, after: 0, length: 0 };
  let here: Shared = last;
  for (let changes = 0; changes < MOST_CHANGES; changes += 1) {
    const length = countSame(before, here.before, after, here.after);
    const inFront = Math.min(length, at - AROUND_CHARS - here.before);
    if (inFront > 2 * EDGE_CHARS) last = { ...here, length: inFront };
    const behind = at + AROUND_CHARS - here.before;
    if (length >= behind) {
      const end = { before: at + AROUND_CHARS, after: here.after + behind, length: 0 };
      return { start: endAtWord(before, last), end };
    }
    const next = findShared(before, here.before + length, after, here.after + length);
    if (next === undefined) break;
    here = next;
  }
  const start = endAtWord(before, last);
  const tail = countSameEnd(
    before.length - start.before - start.length,
    after.length - start.after - start.length,
    before,
    after,
  );
  const end = beginAtWord(before, before.length - tail);
  const length = before.length - end;
  return { start, end: { before: end, after: after.length - length, length } };
}

/** A border so near to the edge of what is split may not be one. */
const EDGE_CHARS = 32;

/** The part up to the end of a word. */
function endAtWord(text: string, { before, after, length }: UnchangedPart): UnchangedPart {
  const from = before + Math.max(0, length - AROUND_CHARS);
  const part = text.slice(from, before + length);
  const border = [...segmentWords(part)].findLast(
    ({ start }) => start >= EDGE_CHARS && start <= part.length - EDGE_CHARS,
  );
  return { before, after, length: border === undefined ? 0 : from + border.start - before };
}

/** The first beginning of a word behind a place. */
function beginAtWord(text: string, at: number): number {
  const border = [...segmentWords(text.slice(at, at + AROUND_CHARS))].find(
    ({ start }) => start >= EDGE_CHARS,
  );
  return border === undefined ? text.length : at + border.start;
}

/** The nearest place behind a change where both texts are the same again. */
function findShared(
  before: string,
  beforeFrom: number,
  after: string,
  afterFrom: number,
): Shared | undefined {
  const near = after.slice(afterFrom, afterFrom + MOST_CHANGED_CHARS + SURE_CHARS);
  let best: (Shared & { cost: number }) | undefined;
  for (
    let skipped = 0;
    skipped <= Math.min(best?.cost ?? Infinity, MOST_CHANGED_CHARS);
    skipped += 1
  ) {
    const sought = before.slice(beforeFrom + skipped, beforeFrom + skipped + SURE_CHARS);
    if (sought.length < SURE_CHARS) break;
    const found = near.indexOf(sought);
    const cost = skipped + found;
    if (found < 0 || (best !== undefined && cost >= best.cost)) continue;
    best = { before: beforeFrom + skipped, after: afterFrom + found, cost };
  }
  return best;
}

/** How many characters are the same from two places on. */
function countSame(one: string, oneFrom: number, other: string, otherFrom: number): number {
  const most = Math.min(one.length - oneFrom, other.length - otherFrom);
  return search(most, (length) =>
    other.startsWith(one.slice(oneFrom, oneFrom + length), otherFrom),
  );
}

/** How many characters are the same at the end of two texts, of so many of each. */
function countSameEnd(ofOne: number, ofOther: number, one: string, other: string): number {
  const most = Math.min(ofOne, ofOther);
  return search(most, (length) => other.endsWith(one.slice(one.length - length)));
}

/** The longest length for which it is so; it is so for all shorter ones too. */
function search(most: number, isSo: (length: number) => boolean): number {
  let [low, high] = [0, 1];
  while (high < most && isSo(high)) [low, high] = [high, high * 2];
  high = Math.min(high, most);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isSo(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
