import { KIND, isSpace, kindOf } from "./character-kind.js";

/** About how many seconds a voice takes for one character, by its kind. */
const SECONDS: Readonly<Record<(typeof KIND)[keyof typeof KIND], number>> = {
  [KIND.none]: 0,
  [KIND.space]: 0,
  [KIND.digit]: 0.25,
  [KIND.letter]: 0.08,
  [KIND.mark]: 0.02,
  [KIND.han]: 0.22,
  [KIND.kana]: 0.13,
  [KIND.hangul]: 0.17,
};

/**
 * About when each character of a text is spoken: seconds from the beginning to each place in the text.
 * The last element is the length of the whole. Characters that nobody speaks take no time, unless there
 * are no others.
 */
export function estimateSpeechTimes(text: string): Float64Array {
  const times = sumUp(text, (codePoint) => SECONDS[kindOf(codePoint)]);
  return (times.at(-1) ?? 0) > 0
    ? times
    : sumUp(text, (codePoint) => (isSpace(codePoint) ? 0 : SECONDS[KIND.letter]));
}

/** About how many seconds it takes to speak a text. */
export function estimateSpeechS(text: string): number {
  return estimateSpeechTimes(text).at(-1) ?? 0;
}

function sumUp(text: string, secondsFor: (codePoint: number) => number): Float64Array {
  const times = new Float64Array(text.length + 1);
  let sum = 0;
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) ?? 0;
    sum += secondsFor(codePoint);
    at += 1;
    times[at] = sum;
    if (codePoint < 0x10000) continue;
    at += 1;
    times[at] = sum;
  }
  return times;
}
