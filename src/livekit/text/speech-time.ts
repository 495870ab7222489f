/** About how many seconds a voice takes for one character, by kind of character. */
const SECONDS = { latin: 0.08, digit: 0.25, han: 0.22, kana: 0.13, hangul: 0.17, mark: 0.02 };

/**
 * About when each character of a text is spoken: seconds from the beginning to each place in the text.
 * The last element is the length of the whole. Characters that nobody speaks take no time, unless there
 * are no others.
 */
export function estimateSpeechTimes(text: string): Float64Array {
  const times = sumUp(text, secondsOf);
  return (times.at(-1) ?? 0) > 0
    ? times
    : sumUp(text, (character) => (/\S/.test(character) ? SECONDS.latin : 0));
}

/** About how many seconds it takes to speak a text. */
export function estimateSpeechS(text: string): number {
  return estimateSpeechTimes(text).at(-1) ?? 0;
}

function sumUp(text: string, secondsFor: (character: string) => number): Float64Array {
  const times = new Float64Array(text.length + 1);
  let sum = 0;
  let at = 0;
  for (const character of text) {
    sum += secondsFor(character);
    for (const next = at + character.length; at < next;) {
      at += 1;
      times[at] = sum;
    }
  }
  return times;
}

/** The seconds by code unit; NaN where they are not known yet. */
const known = new Float64Array(0x10000).fill(NaN);

function secondsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  const seconds = code < 0x10000 ? (known[code] ?? NaN) : NaN;
  if (!Number.isNaN(seconds)) return seconds;
  const found = findSeconds(character, code);
  if (code < 0x10000) known[code] = found;
  return found;
}

function findSeconds(character: string, code: number): number {
  if (code >= 0xac00 && code <= 0xd7a3) return SECONDS.hangul;
  if (code >= 0x3041 && code <= 0x30ff) return SECONDS.kana;
  if ((code >= 0x3400 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x3ffff))
    return SECONDS.han;
  if (/\p{N}/u.test(character)) return SECONDS.digit;
  if (/\p{L}/u.test(character)) return SECONDS.latin;
  return /\p{M}/u.test(character) ? SECONDS.mark : 0;
}
