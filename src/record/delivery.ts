import type { AgentMessage } from "./conversation.js";

/** Times are rounded to milliseconds, and sums of frames are not exact. */
const TOLERANCE_S = 0.02;

/**
 * Why `delivery`, `content`, `played_s`, `words` and `audio.duration_s` of a message cannot all be true;
 * undefined where they can, and where it is not known how much was played. Pure.
 */
export function findDeliveryFault(
  message: Pick<
    AgentMessage,
    "delivery" | "content" | "generated" | "played_s" | "words" | "audio"
  >,
): string | undefined {
  const { delivery, content, generated, played_s, words = [], audio } = message;
  if (delivery === "pending" || played_s === undefined) return undefined;
  if (!(played_s >= 0)) return `${played_s} s of it were played`;
  const durationS = audio?.duration_s ?? played_s;
  if (delivery === "none") {
    const wholeS = Math.min(durationS, words[1] === undefined ? Infinity : (words[0]?.end_s ?? 0));
    return played_s > 0 && played_s > wholeS + TOLERANCE_S
      ? `nothing of it was heard, though ${played_s} s were played`
      : undefined;
  }
  if (delivery === "partial") {
    if (content === "" || played_s === 0) return "a part of it was heard, which is nothing";
    return content === generated ? "a part of it was heard, which is all of it" : undefined;
  }
  const lastWordS = words.at(-1)?.end_s ?? Infinity;
  return played_s + TOLERANCE_S < Math.min(durationS, lastWordS)
    ? `all of it was heard, though only ${played_s} s of ${durationS} s were played`
    : undefined;
}
