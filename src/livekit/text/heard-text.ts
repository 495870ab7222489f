import {
  type AudioWord,
  type HeardBy,
  UNHEARD_MOMENT_S,
  segmentGraphemes,
} from "../../record/index.js";
import { type Anchor, alignWords } from "./align-words.js";
import { isSpace } from "./character-kind.js";
import { estimateSpeechTimes } from "./speech-time.js";
import { type NearWords, type TextWord, findWordsNear } from "./text-words.js";

export interface HeardTextInput {
  /** The whole text that was to be spoken, without markup. */
  text: string;
  /** The provider's word times, from the start of the synthesis; may be empty. */
  words: readonly AudioWord[];
  /** Seconds of the synthesis that were played. */
  heardS: number;
  /** Seconds of audio that were synthesised. */
  audioS: number;
  /** LiveKit's estimate of what was heard, if it gave one. It is a part of the shown text. */
  estimate?: string | undefined;
  /** Whether the audio covers the whole text. Default: true. */
  isComplete?: boolean;
  /** How many seconds the caller hears for a second of the synthesis. Default: 1. */
  stretch?: number;
}

export interface HeardText {
  /** The beginning of the text that was heard: all, some or nothing. */
  content: string;
  heardBy: HeardBy;
}

/** Times are rounded to milliseconds, and sums of frames are not exact. */
const ROUNDING_S = 0.005;

/**
 * What the caller heard of a text whose audio was cut off: always its beginning, cut between words.
 * Pure, and linear in the length of the text.
 *
 * - A word with times counts as heard if at least half of it was played. The last word must be played
 *   completely, so the text is whole exactly if all of it was played.
 * - Without word times, the share of the audio that was played gives the place.
 * - LiveKit's estimate assumes a rate of speech. So it is used only if it differs from that place by
 *   one word at most.
 */
export function findHeardText(input: HeardTextInput): HeardText {
  const { text, heardS, stretch = 1 } = input;
  if (heardS <= ROUNDING_S) return { content: "", heardBy: "duration_ratio" };
  const scale = estimateSpeechTimes(text);
  const runs = alignHeard(input);
  const timelines = (runs.length === 0 ? [[]] : runs).map((anchors, index, all) => ({
    timeline: toTimeline(input, anchors, scale, index === 0, index === all.length - 1),
    // A provider that gives all times at once also times words that the retry took away.
    playedS: Math.min(heardS, all[index + 1]?.[0]?.s ?? Infinity),
  }));
  const place = timelines.reduce(
    (furthest, { timeline, playedS }) => Math.max(furthest, findPlace(timeline, playedS)),
    0,
  );
  // In a long text only the words near that place are looked at.
  const near = findWordsNear(text, place);
  const best = timelines
    .map(({ timeline, playedS }) => countHeard(near, timeline, playedS))
    .reduce((a, b) => {
      if (b.count !== a.count) return b.count > a.count ? b : a;
      return (b.first?.share ?? 0) > (a.first?.share ?? 0) ? { ...a, first: b.first } : a;
    });
  if (runs.length > 0 && best.isTimed) return toHeard(text, near, best, "word_times", stretch);
  const estimated = findEstimated(text, near, input.estimate);
  if (estimated !== undefined && isNear(estimated, best.count, near, heardS * stretch))
    return toHeard(text, near, { count: estimated }, "livekit_estimate", stretch);
  return toHeard(text, near, best, "duration_ratio", stretch);
}

/** More words than this are not all looked at. */
const MOST_WORDS = 1024;
/** Words that begin so much later than the cut say nothing about it. */
const LATER_S = 60;
/** A word may stand so many letters behind the place where the words would end without gaps. */
const LATER_CHARS = 8192;

/** Finds the places of the words up to the cut, and of some more. */
function alignHeard({ text, words, heardS }: HeardTextInput): Anchor[][] {
  if (words.length <= MOST_WORDS) return alignWords(text, words);
  const near = words.filter(({ start_s }) => start_s <= heardS + LATER_S);
  const length = near.reduce((sum, word) => sum + word.text.length + 1, 0);
  return alignWords(text.slice(0, 2 * length + LATER_CHARS), near);
}

/** The last place of a text that was reached by this moment. */
function findPlace({ anchors, scale }: Timeline, heardS: number): number {
  let index = 0;
  while ((anchors[index + 1]?.s ?? Infinity) <= heardS) index += 1;
  const [left, right] = [anchors[index], anchors[index + 1]];
  if (left === undefined || right === undefined) return left?.at ?? 0;
  const [begin, end] = [scale[left.at] ?? 0, scale[right.at] ?? 0];
  const sought = begin + ((end - begin) * (heardS - left.s)) / (right.s - left.s);
  let [low, high] = [left.at, right.at];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((scale[middle] ?? 0) <= sought) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Heard {
  /** The number of words that were heard. */
  count: number;
  /** If no word was heard: the share of the first word that was played, and for how long. */
  first?: { share: number; playedS: number } | undefined;
}

function toHeard(
  text: string,
  { words, start, isBeginning }: NearWords,
  { count, first: { share, playedS } = { share: 0, playedS: 0 } }: Heard,
  heardBy: HeardBy,
  stretch: number,
): HeardText {
  const [first] = words;
  if (
    count === 0 &&
    isBeginning &&
    first !== undefined &&
    (share >= 0.5 || playedS * stretch >= UNHEARD_MOMENT_S)
  ) {
    // Something was certainly heard: the first word, or a part of the only word.
    const end = words.length > 1 ? first.end : cutWithin(text, first, share);
    return { content: text.slice(0, end).trim(), heardBy };
  }
  const end = words[count - 1]?.end ?? start;
  return { content: text.slice(0, end).trim(), heardBy };
}

/** Cuts a word at a grapheme by the share that was played. At least one grapheme stays, and never all. */
function cutWithin(text: string, { spokenStart, spokenEnd }: TextWord, share: number): number {
  const ends = [...segmentGraphemes(text.slice(spokenStart, spokenEnd))].map(
    (grapheme) => grapheme.start + grapheme.text.length,
  );
  const count = Math.min(Math.max(Math.floor(ends.length * share), 1), ends.length - 1);
  return count <= 0 ? 0 : spokenStart + (ends[count - 1] ?? 0);
}

interface Timeline {
  anchors: readonly Anchor[];
  /** Up to this place the provider gave the times itself. */
  timedUntil: number;
  scale: Float64Array;
  /** Whether the voice can have spoken the text to its end. */
  canBeWhole: boolean;
}

/** What is known about when each place of the text was spoken, completed by a beginning and an end. */
function toTimeline(
  { text, words, audioS, isComplete = true }: HeardTextInput,
  anchors: readonly Anchor[],
  scale: Float64Array,
  isFirst: boolean,
  isLast: boolean,
): Timeline {
  const first = anchors[0];
  const last = anchors.at(-1) ?? { at: 0, s: 0 };
  const beginning = { at: 0, s: isFirst ? 0 : (first?.s ?? 0) };
  const whole = scale[text.length] ?? 0;
  const timed = (scale[last.at] ?? 0) - (scale[first?.at ?? 0] ?? 0);
  const rest = whole - (scale[last.at] ?? 0);
  if (rest <= 0)
    return {
      anchors: [beginning, ...anchors, { at: text.length, s: last.s }],
      timedUntil: text.length,
      scale,
      canBeWhole: true,
    };
  // The rest is spoken as fast as the timed part, or at a usual speed.
  const rate = timed > 0 && first !== undefined ? (last.s - first.s) / timed : 1;
  const expectedS = last.s + rest * (rate > 0 ? rate : 1);
  const spokenUntilS = words.at(-1)?.end_s ?? 0;
  let endS = isComplete ? audioS : Math.max(audioS, expectedS);
  let timedUntil = last.at;
  // The provider's last words belong to the rest if they take about as long: "42" is "forty two".
  if (
    isLast &&
    anchors.length > 0 &&
    isComplete &&
    spokenUntilS - last.s >= (audioS - last.s) / 2
  ) {
    endS = spokenUntilS;
    timedUntil = text.length;
  }
  endS = Math.max(endS, last.s);
  const end = { at: text.length, s: isLast ? endS : Infinity };
  return { anchors: [beginning, ...anchors, end], timedUntil, scale, canBeWhole: isComplete };
}

/** Counts the words that were heard, from the beginning. */
function countHeard(
  { words, isEnd }: NearWords,
  { anchors, timedUntil, scale, canBeWhole }: Timeline,
  heardS: number,
): Heard & { isTimed: boolean } {
  let before = 0;
  let after = 0;
  const timeOf = (from: Anchor, to: Anchor, at: number): number => {
    const [begin, end, here] = [from.at, to.at, at].map((place) => scale[place] ?? 0) as [
      number,
      number,
      number,
    ];
    return end <= begin ? to.s : from.s + ((to.s - from.s) * (here - begin)) / (end - begin);
  };
  for (const [index, { spokenStart, spokenEnd }] of words.entries()) {
    // The last anchor at or before the word's beginning, and the first one at or after its end.
    while ((anchors[before + 1]?.at ?? Infinity) <= spokenStart) before += 1;
    while ((anchors[after]?.at ?? Infinity) < spokenEnd) after += 1;
    const [left, right] = [anchors[before], anchors[before + 1]];
    const [lower, upper] = [anchors[after - 1], anchors[after]];
    if (left === undefined || upper === undefined) break;
    const startS =
      right === undefined || left.at === spokenStart ? left.s : timeOf(left, right, spokenStart);
    const isTimed = spokenEnd <= timedUntil;
    const isLast = isEnd && index === words.length - 1;
    const spokenEndS =
      lower === undefined || upper.at === spokenEnd ? upper.s : timeOf(lower, upper, spokenEnd);
    // Signs behind the last word, such as emoji, are a part of the text that the sound is shared by.
    const endS = isLast && !isTimed ? Math.max(spokenEndS, anchors.at(-1)?.s ?? 0) : spokenEndS;
    const heardAtS = isTimed && !isLast ? (startS + endS) / 2 : endS;
    const slackS = heardAtS === endS ? ROUNDING_S : 0;
    const isHeard = heardS > ROUNDING_S && heardAtS <= heardS + slackS && (!isLast || canBeWhole);
    if (isHeard) continue;
    return {
      count: index,
      isTimed,
      first: {
        share: endS <= startS ? 0 : Math.min(Math.max((heardS - startS) / (endS - startS), 0), 1),
        playedS: heardS - startS,
      },
    };
  }
  return { count: words.length, isTimed: timedUntil > 0 };
}

/** How many words an estimate has; undefined if it is no beginning of the text. */
function findEstimated(
  text: string,
  { words, start, isBeginning, isEnd }: NearWords,
  estimate: string | undefined,
): number | undefined {
  if (estimate === undefined) return undefined;
  const end = findSameBeginning(text, estimate);
  // An estimate that ends far away is wrong.
  if (end === undefined || (!isBeginning && end < start)) return undefined;
  const next = words.findIndex(({ spokenEnd }) => spokenEnd > end);
  if (next < 0) return isEnd ? words.length : undefined;
  return next;
}

/** Whether an estimate agrees with what was played. */
function isNear(
  estimated: number,
  played: number,
  { words, isBeginning, isEnd }: NearWords,
  heardS: number,
): boolean {
  const all = isEnd ? words.length : undefined;
  if (Math.abs(estimated - played) > 1) return false;
  // An estimate of the whole text is right only if all was played. An empty one is right only after a
  // moment.
  if (estimated === all || played === all) return estimated === played;
  return estimated > 0 || !isBeginning || heardS < UNHEARD_MOMENT_S;
}

/**
 * Where `shown` ends in `text`, white space aside; undefined if the two differ. The shown text may
 * differ from the text that went to synthesis.
 */
export function findSameBeginning(text: string, shown: string): number | undefined {
  let end = 0;
  for (let at = 0; at < shown.length;) {
    // Most of both is the same, and comparing many characters at once is a hundred times as fast.
    if (text.startsWith(shown.slice(at, at + COMPARED_CHARS), end)) {
      const length = Math.min(COMPARED_CHARS, shown.length - at);
      at += length;
      end += length;
      continue;
    }
    for (const until = Math.min(at + COMPARED_CHARS, shown.length); at < until; at += 1) {
      const unit = shown.charCodeAt(at);
      if (isSpace(unit)) continue;
      while (end < text.length && isSpace(text.charCodeAt(end))) end += 1;
      if (text.charCodeAt(end) !== unit) return undefined;
      end += 1;
    }
  }
  return text.slice(0, end).trimEnd().length;
}

const COMPARED_CHARS = 256;
