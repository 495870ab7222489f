/** What a UTF-16 code unit or a code point is to a voice. */
export const KIND = {
  none: 1,
  space: 2,
  digit: 3,
  letter: 4,
  mark: 5,
  han: 6,
  kana: 7,
  hangul: 8,
} as const;
export type CharacterKind = (typeof KIND)[keyof typeof KIND];

/** Asks `find` once for each code point. The regular expressions in it take a hundred times as long. */
export function rememberByCodePoint<Value>(
  find: (codePoint: number) => Value,
): (codePoint: number) => Value {
  const known = new Map<number, Value>();
  return (codePoint) => {
    const value = known.get(codePoint);
    if (value !== undefined) return value;
    // A hostile text may have each of a million characters.
    if (known.size >= MOST_KNOWN) known.clear();
    const found = find(codePoint);
    known.set(codePoint, found);
    return found;
  };
}

const MOST_KNOWN = 20_000;

/** The kinds of the characters below 0x10000; 0 where it is not known yet. */
const knownKinds = new Uint8Array(0x10000);
const kindOfOther = rememberByCodePoint(findKind);

/** The kind of the character with this code point. */
export function kindOf(codePoint: number): CharacterKind {
  if (codePoint >= knownKinds.length) return kindOfOther(codePoint);
  const known = knownKinds[codePoint] as CharacterKind | 0;
  return known === 0 ? (knownKinds[codePoint] = findKind(codePoint)) : known;
}

function findKind(code: number): CharacterKind {
  if (code >= 0xac00 && code <= 0xd7a3) return KIND.hangul;
  if (code >= 0x3041 && code <= 0x30ff) return KIND.kana;
  if ((code >= 0x3400 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x3ffff)) return KIND.han;
  const character = String.fromCodePoint(code);
  if (/\s/u.test(character)) return KIND.space;
  if (/\p{N}/u.test(character)) return KIND.digit;
  if (/\p{L}/u.test(character)) return KIND.letter;
  return /\p{M}/u.test(character) ? KIND.mark : KIND.none;
}

/** Whether the UTF-16 code unit is white space. Everything that is, is one code unit. */
export function isSpace(unit: number): boolean {
  return (
    unit === 0x20 || (unit < 0x80 ? unit >= 0x09 && unit <= 0x0d : kindOf(unit) === KIND.space)
  );
}
