/**
 * Every place where a text occurs in another one, in order; places may overlap. Takes time in
 * proportion to both lengths. `indexOf()` takes longer if the texts differ late (Knuth, Morris, Pratt).
 */
export function* findEach(text: string, sought: string, from = 0): Generator<number> {
  if (sought === "" || sought.length > text.length - from) return;
  const borders = findBorders(sought);
  let matched = 0;
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && unit !== sought.charCodeAt(matched)) matched = borders[matched - 1] ?? 0;
    if (unit === sought.charCodeAt(matched)) matched += 1;
    if (matched < sought.length) continue;
    yield at + 1 - matched;
    matched = borders[matched - 1] ?? 0;
  }
}

/** The first place where a text occurs in another one; undefined if it does not. Linear. */
export function findFirst(text: string, sought: string, from = 0): number | undefined {
  if (sought === "") return from;
  for (const at of findEach(text, sought, from)) return at;
  return undefined;
}

/** For each beginning of a text: the length of the longest shorter beginning that is also its end. */
function findBorders(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    while (length > 0 && unit !== text.charCodeAt(length)) length = borders[length - 1] ?? 0;
    if (unit === text.charCodeAt(length)) length += 1;
    borders[at] = length;
  }
  return borders;
}
