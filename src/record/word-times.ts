import type { Delivery, Word } from "./conversation.js";

/**
 * A word and when it sounds in the audio that carries it, in seconds from the start of this audio.
 * Providers give such times. A record has `Word`, which is on the session's clock.
 */
export interface AudioWord {
  text: string;
  start_s: number;
  end_s: number;
}

/** A stretch of time, in seconds from the session's start. */
export interface SessionStretch {
  fromS: number;
  untilS: number;
}

/** Why a word's times may differ from `started_at` and `ended_at` by this much: both are rounded. */
export const WORD_TOLERANCE_S = 0.002;

/**
 * Dates a user's words on the session's clock. The STT counts seconds of its own stream, so the times
 * are moved until the first word begins with the speech. Pure.
 *
 * No word lasts longer than the speech, because providers date the end of the last word roughly. If
 * even the last word would begin after the end, the audio was not heard in real time. Then all words
 * are spread over the speech.
 */
export function placeUserWords(
  words: readonly AudioWord[],
  { fromS, untilS }: SessionStretch,
): Word[] {
  const firstS = words[0]?.start_s ?? 0;
  const last = words.at(-1);
  const [lastStartS, lastEndS] = [(last?.start_s ?? 0) - firstS, (last?.end_s ?? 0) - firstS];
  const lengthS = Math.max(untilS - fromS, 0);
  const rate = lastStartS > 0 && lastStartS >= lengthS ? lengthS / lastEndS : 1;
  const momentOf = (audioS: number): number =>
    Math.min(Math.max(fromS + (audioS - firstS) * rate, fromS), Math.max(untilS, fromS));
  return words.map(({ text, start_s, end_s }) => toWord(text, momentOf(start_s), momentOf(end_s)));
}

/** How the audio of an agent's message was played. */
export interface PlayedAudio {
  /** When its last sound was heard, in seconds from the session's start. */
  untilS: number;
  /** Seconds of the audio that were played. */
  playedS: number;
  /** When a position of the audio was heard, in seconds from the session's start. */
  momentOf(audioS: number): number;
}

/** What was heard of an agent's message. */
export interface HeardOfText {
  delivery: Delivery;
  /** What was heard. */
  content: string;
  /** The whole text. */
  text: string;
}

/**
 * Dates an agent's words on the session's clock, and marks those that were not heard. An unheard word
 * has the time at which it would have been heard if the playback had gone on. Pure.
 */
export function placeAgentWords(
  words: readonly AudioWord[],
  { untilS, playedS, momentOf }: PlayedAudio,
  heard: HeardOfText,
): Word[] {
  const isHeard = findHeardWords(words, playedS, heard);
  const momentAt = (audioS: number): number =>
    audioS <= playedS ? Math.min(momentOf(audioS), untilS) : untilS + audioS - playedS;
  return words.map(({ text, start_s, end_s }, index) => {
    const [atS, endS] = [momentAt(start_s), momentAt(end_s)];
    return isHeard(index)
      ? toWord(text, Math.min(atS, untilS), Math.min(endS, untilS))
      : { ...toWord(text, atS, endS), heard: false };
  });
}

function toWord(text: string, atS: number, untilS: number): Word {
  return { text, at_s: roundToMillis(atS), until_s: roundToMillis(Math.max(untilS, atS)) };
}

/** Which words were heard, by their places in `content`, so that the two agree. */
function findHeardWords(
  words: readonly AudioWord[],
  playedS: number,
  { delivery, content, text }: HeardOfText,
): (index: number) => boolean {
  if (delivery === "full") return () => true;
  if (delivery === "none") return () => false;
  for (const spell of [withoutSpaces, lettersAndDigits]) {
    const spelt = words.map((word) => spell(word.text));
    if (spell(text) === "" || spelt.join("") !== spell(text)) continue;
    const heardLength = spell(content).length;
    let length = 0;
    const starts = spelt.map((word) => (length += word.length) - word.length);
    return (index) => (starts[index] ?? 0) < heardLength;
  }
  // The voice said other words than the text has, e.g. "forty two" for "42".
  return (index) => {
    const { start_s, end_s } = words[index] ?? { start_s: 0, end_s: 0 };
    return (start_s + end_s) / 2 <= playedS;
  };
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

function lettersAndDigits(text: string): string {
  return text.replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, "").toLowerCase();
}

function roundToMillis(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
