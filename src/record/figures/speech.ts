import type { AgentMessage, Message } from "../conversation.js";
import { hasUnspacedScript, segmentWords } from "../segment-text.js";
import { readTimestamp } from "../timestamp.js";

/** One message as figures need it, with its words counted and its times parsed once. */
export interface Speech {
  id: string;
  role: "user" | "agent";
  turnId: string;
  /** When it was audible, in epoch milliseconds; undefined if not known. */
  audible: { startMs: number; endMs: number } | undefined;
  /** When it began to be audible, even if its end is not known, in epoch milliseconds. */
  startedMs: number | undefined;
  /** Its `timestamp`, if it may have been audible at an unknown time. */
  unlocatedMs: number | undefined;
  /** How long it was heard, in seconds; 0 if not known. */
  spokenS: number;
  /** It was audible, but nobody knows for how long. */
  isUntimed: boolean;
  /** Words that were heard or typed. */
  wordCount: number;
  /** Words that were generated but not heard; undefined if nobody knows. */
  unheardWordCount: number | undefined;
  interruptedBy: string | undefined;
  e2eS: number | undefined;
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:(?:['’.]|(?<=\d),(?=\d))[\p{L}\p{M}\p{N}]+)*/gu;

/**
 * Extracts from a message what figures need. Pure.
 *
 * The agent's speech is what was audible, without the unheard rest of an interrupted reply and without
 * pauses in a reply. If only the synthesised audio is known, its duration is used. A time that does not
 * exist counts as unknown.
 */
export function toSpeech(message: Message): Speech {
  const agent = message.role === "agent" ? message : undefined;
  const isHeard = agent === undefined || !isUnknownOrUnheard(agent);
  const startedMs = isHeard ? readTimestamp(message.started_at) : undefined;
  const audible = audibleOf(startedMs, message);
  const audibleS = audible && (audible.endMs - audible.startMs) / 1000;
  const audioS = message.audio?.duration_s;
  const spokenS = isHeard
    ? agent === undefined
      ? (audioS ?? audibleS)
      : (agent.played_s ?? audibleS ?? audioS)
    : 0;
  const wordCount = countWords(message.content);
  const isSilent = agent?.delivery === "none" || !isVoice(message.source);
  return {
    id: message.id,
    role: message.role,
    turnId: message.turn_id,
    audible,
    startedMs,
    unlocatedMs: audible === undefined && !isSilent ? readTimestamp(message.timestamp) : undefined,
    spokenS: spokenS ?? 0,
    isUntimed: spokenS === undefined && !isSilent,
    wordCount: isHeard ? wordCount : 0,
    unheardWordCount: agent && countUnheard(agent, wordCount),
    interruptedBy: agent?.interrupted_by,
    e2eS: agent?.latency?.e2e_s,
  };
}

/** A pending message is being played, or was when its process died. So nobody knows how much was heard. */
function isUnknownOrUnheard({ delivery }: AgentMessage): boolean {
  return delivery === "none" || delivery === "pending";
}

function isVoice(source: string): boolean {
  return source !== "text_input" && source !== "text_output";
}

function audibleOf(startMs: number | undefined, { ended_at }: Message): Speech["audible"] {
  const endMs = startMs === undefined ? undefined : readTimestamp(ended_at);
  return startMs === undefined || endMs === undefined ? undefined : { startMs, endMs };
}

/** @param wordCount the words of its `content` */
function countUnheard(
  { generated, delivery }: AgentMessage,
  wordCount: number,
): number | undefined {
  if (delivery === "pending") return undefined;
  const heard = delivery === "none" ? 0 : wordCount;
  return Math.max(0, (generated === undefined ? wordCount : countWords(generated)) - heard);
}

/** The words of a text as people count them, also in languages without spaces. Pure. */
export function listWords(text: string): string[] {
  if (!hasUnspacedScript(text)) return text.match(WORD) ?? [];
  const words: string[] = [];
  for (const { text: segment, isWordLike } of segmentWords(text))
    if (isWordLike) words.push(...(segment.match(WORD) ?? []));
  return words;
}

/** A longer text without spaces is counted by its beginning: 64 KiB take 0.2 s to split. */
const SPLIT_CHARS = 4096;

/**
 * The number of words that `listWords()` gives. It may differ for a word that mixes two scripts. In a
 * script without spaces, a text of more than 4,096 characters has as many words as its beginning says.
 * Pure.
 */
export function countWords(text: string): number {
  // Splitting by dictionary takes twenty times as long as splitting by spaces.
  if (!hasUnspacedScript(text)) return text.match(WORD)?.length ?? 0;
  let count = 0;
  for (const { isWordLike } of segmentWords(text.slice(0, SPLIT_CHARS))) if (isWordLike) count += 1;
  return text.length <= SPLIT_CHARS ? count : Math.round((count * text.length) / SPLIT_CHARS);
}
