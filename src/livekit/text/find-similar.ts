/** So many letters show where a text stands. More would take too long. */
const MOST_LETTERS = 32;

export interface SimilarPlace {
  /** The index of the first letter. */
  start: number;
  /** How many letters were changed, added or left out there. */
  changes: number;
  /** How many letters of the sought text were compared, from its beginning. */
  compared: number;
}

/**
 * Finds the place of a text in front of `end`, where it differs in as few letters as possible. It must
 * reach `end`, unless `mayEndBefore` is given or the text is long. Both texts are lists of graphemes.
 * The time is bounded, whatever the lengths are (Sellers' algorithm on a window).
 */
export function findPlaceOf(
  sought: readonly string[],
  text: readonly string[],
  end: number,
  mayEndBefore: boolean,
): SimilarPlace {
  const pattern = sought.slice(0, MOST_LETTERS);
  const expected = Math.max(end - sought.length, 0);
  const from = Math.max(expected - MOST_LETTERS, 0);
  const window = text.slice(from, Math.min(end, expected + 2 * MOST_LETTERS));
  // For each end in the window: the fewest changes, and where the pattern then begins.
  let row = Array.from({ length: window.length + 1 }, (_, at) => ({ start: at, changes: 0 }));
  for (const [index, letter] of pattern.entries()) {
    const next = [{ start: 0, changes: index + 1 }];
    for (const [at, other] of window.entries()) {
      const [kept, leftOut, added] = [row[at], row[at + 1], next[at]];
      if (kept === undefined || leftOut === undefined || added === undefined) break;
      let best = { start: kept.start, changes: kept.changes + (letter === other ? 0 : 1) };
      for (const { start, changes } of [leftOut, added])
        if (changes + 1 < best.changes) best = { start, changes: changes + 1 };
      next.push(best);
    }
    row = next;
  }
  const isWhole = pattern.length === sought.length;
  const ends = isWhole && !mayEndBefore ? row.slice(-1) : row;
  const distance = (start: number) => Math.abs(from + start - expected);
  const best = ends.reduce((a, b) =>
    b.changes < a.changes || (b.changes === a.changes && distance(b.start) < distance(a.start))
      ? b
      : a,
  );
  return { start: from + best.start, changes: best.changes, compared: pattern.length };
}
