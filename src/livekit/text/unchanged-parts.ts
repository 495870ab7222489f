import { segmentWords } from "../../record/index.js";

/** A part that two texts share. Places are UTF-16 code units. It ends between two words. */
export interface UnchangedPart {
  before: number;
  after: number;
  length: number;
}

/**
 * The parts of a text that stayed after a change, in order and word by word. Takes about linear time. A
 * word that both texts have equally often is paired by number: the first with the first, and so on.
 */
export function findUnchanged(before: string, after: string): UnchangedPart[] {
  const [old, now] = [[...segmentWords(before)], [...segmentWords(after)]];
  const isSame = (oldAt: number, nowAt: number): boolean => {
    const [one, other] = [old[oldAt], now[nowAt]];
    return one !== undefined && other !== undefined && one.text === other.text;
  };
  const shortest = Math.min(old.length, now.length);
  let head = 0;
  while (head < shortest && isSame(head, head)) head += 1;
  let tail = 0;
  while (tail < shortest - head && isSame(old.length - 1 - tail, now.length - 1 - tail)) tail += 1;
  const [oldEnd, nowEnd] = [old.length - tail, now.length - tail];

  const pairs = longestAscending(
    pairLikes(old.slice(head, oldEnd), now.slice(head, nowEnd)).map(([oldAt, nowAt]) => [
      oldAt + head,
      nowAt + head,
    ]),
  );
  // Words next to a pair may be equal too, even if they occur more often elsewhere.
  const matches: [number, number][] = [];
  for (let at = 0; at < head; at += 1) matches.push([at, at]);
  for (const [index, [oldAt, nowAt]] of pairs.entries()) {
    const [oldBefore, nowBefore] = matches.at(-1) ?? [-1, -1];
    let back = 1;
    while (
      oldAt - back > oldBefore &&
      nowAt - back > nowBefore &&
      isSame(oldAt - back, nowAt - back)
    )
      back += 1;
    for (let step = back - 1; step >= 0; step -= 1) matches.push([oldAt - step, nowAt - step]);
    const [oldNext, nowNext] = pairs[index + 1] ?? [oldEnd, nowEnd];
    for (
      let step = 1;
      oldAt + step < oldNext && nowAt + step < nowNext && isSame(oldAt + step, nowAt + step);
      step += 1
    )
      matches.push([oldAt + step, nowAt + step]);
  }
  for (let at = 0; at < tail; at += 1) matches.push([oldEnd + at, nowEnd + at]);
  return join(matches.map(([oldAt, nowAt]) => toPart(old[oldAt], now[nowAt])));
}

const WORD = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

interface Token {
  text: string;
  start: number;
}

function toPart(one: Token | undefined, other: Token | undefined): UnchangedPart {
  return { before: one?.start ?? 0, after: other?.start ?? 0, length: one?.text.length ?? 0 };
}

function join(parts: readonly UnchangedPart[]): UnchangedPart[] {
  const joined: UnchangedPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const goesOn =
      last !== undefined &&
      last.before + last.length === part.before &&
      last.after + last.length === part.after;
    if (goesOn) last.length += part.length;
    else joined.push({ ...part });
  }
  return joined;
}

/**
 * Pairs the first with the first, the second with the second, of each text that both have equally
 * often.
 */
function pairLikes(old: readonly Token[], now: readonly Token[]): [number, number][] {
  const [oldPlaces, nowPlaces] = [placesOf(old), placesOf(now)];
  const pairs: [number, number][] = [];
  for (const [text, places] of oldPlaces) {
    const others = nowPlaces.get(text) ?? [];
    if (others.length !== places.length) continue;
    for (const [index, place] of places.entries()) pairs.push([place, others[index] ?? 0]);
  }
  return pairs.toSorted(([one], [other]) => one - other);
}

function placesOf(tokens: readonly Token[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [at, { text }] of tokens.entries()) {
    // Spaces and commas are everywhere, so they would outweigh the words.
    if (!WORD.test(text)) continue;
    const known = places.get(text);
    if (known === undefined) places.set(text, [at]);
    else known.push(at);
  }
  return places;
}

/** The longest selection of pairs whose second numbers ascend. The first numbers ascend already. */
function longestAscending(pairs: readonly [number, number][]): [number, number][] {
  /**
   * By length: the index of the last pair of a selection. Among equal lengths, the pair with the lowest
   * second number.
   */
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [index, [, second]] of pairs.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < second) low = middle + 1;
      else high = middle;
    }
    previous[index] = ends[low - 1];
    ends[low] = index;
  }
  const chosen: [number, number][] = [];
  for (let index = ends.at(-1); index !== undefined; index = previous[index]) {
    const pair = pairs[index];
    if (pair !== undefined) chosen.push(pair);
  }
  return chosen.toReversed();
}
