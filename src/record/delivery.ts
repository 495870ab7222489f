import type { AgentMessage } from "./conversation.js";
import { segmentGraphemes } from "./segment-text.js";
import { readTimestamp } from "./timestamp.js";

/** Times are rounded to milliseconds, and sums of frames are not exact. */
const TOLERANCE_S = 0.02;

/**
 * If a reply was audible for longer than this, in seconds, the caller must have heard a part of its
 * first word. Only word times can show that there was silence for longer.
 */
export const UNHEARD_MOMENT_S = 0.5;

/** The keys of an agent's message that tell how much of it was heard. */
export type HeardFacts = Pick<
  AgentMessage,
  "delivery" | "content" | "generated" | "heard_by" | "played_s" | "output_s" | "audio" | "redacted"
>;

/**
 * Why the facts of an agent's message cannot all be true; undefined if they can. It compares
 * `delivery`, `content`, `generated`, and the seconds of `played_s`, `output_s` and `audio.duration_s`.
 * Pure.
 *
 * It uses only facts that the message holds. So it gives the same answer when a message is settled and
 * when it is read later.
 *
 * @param lastWordEndS when the last word ends, in seconds of the message's audio, if word times tell it;
 * see `findLastWordEnd`
 */
export function findDeliveryFault(message: HeardFacts, lastWordEndS?: number): string | undefined {
  if (message.delivery === "pending") return undefined;
  return findTextFault(message) ?? findTimeFault(message, lastWordEndS);
}

/**
 * When the last word of a written message ends, in seconds of its audio; undefined without word times.
 * Pauses after that word make it earlier, never later.
 *
 * @param sessionStartMs the session's start, in epoch milliseconds
 */
export function findLastWordEnd(
  { words, played_s, ended_at }: Pick<AgentMessage, "words" | "played_s" | "ended_at">,
  sessionStartMs: number,
): number | undefined {
  const untilS = words?.at(-1)?.until_s;
  const endedMs = readTimestamp(ended_at);
  if (untilS === undefined || played_s === undefined || endedMs === undefined) return undefined;
  return played_s + untilS - (endedMs - sessionStartMs) / 1000;
}

function findTextFault({ delivery, content, generated }: HeardFacts): string | undefined {
  if (delivery === "none")
    return content === "" ? undefined : "nothing of it was heard, and yet there are words";
  if (delivery === "full")
    return generated === undefined ? undefined : "all of it was heard, and yet there is more of it";
  if (content === "") return "a part of it was heard, which is nothing";
  return content === generated ? "a part of it was heard, which is all of it" : undefined;
}

function findTimeFault(message: HeardFacts, lastWordEndS: number | undefined): string | undefined {
  const { delivery, played_s, output_s, audio } = message;
  if (played_s === undefined) return undefined;
  if (!(played_s >= 0)) return `${played_s} s of it were played`;
  const soundS = output_s ?? audio?.duration_s ?? played_s;
  if (played_s > soundS + TOLERANCE_S) return `${played_s} s of ${soundS} s were played`;
  if (delivery === "partial")
    return played_s === 0 ? "a part of it was heard, which is nothing" : undefined;
  if (delivery === "none")
    return played_s > findLongestUnheard(message, lastWordEndS) + TOLERANCE_S
      ? `nothing of it was heard, though ${played_s} s were played`
      : undefined;
  return played_s + TOLERANCE_S < Math.min(soundS, findEndOfWords(message, lastWordEndS))
    ? `all of it was heard, though only ${played_s} s of ${soundS} s were played`
    : undefined;
}

/** The longest time that a message may have been played although nothing of it was heard, in seconds. */
function findLongestUnheard(
  { generated = "", heard_by, redacted }: HeardFacts,
  lastWordEndS = Infinity,
): number {
  // No part of a one-letter word can be heard. After a review nobody knows which word it was.
  if (redacted === true || hasOneGrapheme(generated)) return Infinity;
  if (heard_by !== "word_times") return UNHEARD_MOMENT_S;
  return lastWordEndS;
}

/** When the last word ended, in seconds of the message's audio, as far as it is known. */
function findEndOfWords({ heard_by }: HeardFacts, lastWordEndS: number | undefined): number {
  // A review removes word times. Then only `heard_by` tells that there were some.
  return lastWordEndS ?? (heard_by === "word_times" ? 0 : Infinity);
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Graphemes are longer only if somebody piles up marks. */
const LONGEST_GRAPHEME = 64;

/** Whether a text has at most one letter or digit, or, without any of these, at most one sign. */
export function hasOneGrapheme(text: string): boolean {
  const isSpoken = LETTER_OR_DIGIT.test(text) ? LETTER_OR_DIGIT : /\S/u;
  const first = text.search(isSpoken);
  if (first < 0) return true;
  const [grapheme] = segmentGraphemes(text.slice(first, first + LONGEST_GRAPHEME));
  return !isSpoken.test(text.slice(first + (grapheme?.text.length ?? 0)));
}
