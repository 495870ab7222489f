import type { AgentMessage, Message } from "../conversation.js";
import { hasUnspacedScript, segmentWords } from "../segment-text.js";
import { readTimestamp } from "../timestamp.js";

/** One message as figures need it: its words counted and its times read, once. */
export interface Speech {
  id: string;
  role: "user" | "agent";
  turnId: string;
  /** When it was audible, in epoch milliseconds; undefined where that is not known. */
  audible: { startMs: number; endMs: number } | undefined;
  /** When it began to be audible, also where its end is not known; in epoch milliseconds. */
  startedMs: number | undefined;
  /** It may have been audible, but nobody knows when; this is its `timestamp`. */
  unlocatedMs: number | undefined;
  /** How long it was heard, in seconds; 0 where that is not known. */
  spokenS: number;
  /** It was audible, and nobody knows how long. */
  isUntimed: boolean;
  /** Words that were heard, or typed. */
  wordCount: number;
  /** Words that were made and not heard; undefined where nobody knows. */
  unheardWordCount: number | undefined;
  interruptedBy: string | undefined;
  e2eS: number | undefined;
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:(?:['’.]|(?<=\d),(?=\d))[\p{L}\p{M}\p{N}]+)*/gu;

/**
 * Distils a message. Pure.
 *
 * The agent's speech is what was audible, so neither the unheard rest of an interrupted reply nor a
 * pause in the middle of one counts; where only the synthesised audio is known, that is taken. A
 * time that no calendar has is not known.
 */
export function toSpeech(message: Message): Speech {
  const agent = message.role === "agent" ? message : undefined;
  const isHeard = agent === undefined || !isUnknownOrUnheard(agent);
  const audible = isHeard ? audibleOf(message) : undefined;
  const audibleS = audible && (audible.endMs - audible.startMs) / 1000;
  const audioS = message.audio?.duration_s;
  const spokenS = isHeard
    ? agent === undefined
      ? (audioS ?? audibleS)
      : (agent.played_s ?? audibleS ?? audioS)
    : 0;
  const isSilent = agent?.delivery === "none" || !isVoice(message.source);
  return {
    id: message.id,
    role: message.role,
    turnId: message.turn_id,
    audible,
    startedMs: isHeard ? readTimestamp(message.started_at) : undefined,
    unlocatedMs: audible === undefined && !isSilent ? readTimestamp(message.timestamp) : undefined,
    spokenS: spokenS ?? 0,
    isUntimed: spokenS === undefined && !isSilent,
    wordCount: isHeard ? countWords(message.content) : 0,
    unheardWordCount: agent && countUnheard(agent),
    interruptedBy: agent?.interrupted_by,
    e2eS: agent?.latency?.e2e_s,
  };
}

/** What is pending is being played, or was when its process died: nobody knows how much was heard. */
function isUnknownOrUnheard({ delivery }: AgentMessage): boolean {
  return delivery === "none" || delivery === "pending";
}

function isVoice(source: string): boolean {
  return source !== "text_input" && source !== "text_output";
}

function audibleOf({ started_at, ended_at }: Message): Speech["audible"] {
  const startMs = readTimestamp(started_at);
  const endMs = readTimestamp(ended_at);
  return startMs === undefined || endMs === undefined ? undefined : { startMs, endMs };
}

function countUnheard({ content, generated, delivery }: AgentMessage): number | undefined {
  if (delivery === "pending") return undefined;
  const heard = delivery === "none" ? 0 : countWords(content);
  return Math.max(0, countWords(generated ?? content) - heard);
}

/** The words of a text as people count them, in languages without spaces too. Pure. */
export function listWords(text: string): string[] {
  if (!hasUnspacedScript(text)) return text.match(WORD) ?? [];
  const words: string[] = [];
  for (const { text: segment, isWordLike } of segmentWords(text))
    if (isWordLike) words.push(...(segment.match(WORD) ?? []));
  return words;
}

/** How many words `listWords()` would give, but for words of two scripts in one. Pure. */
export function countWords(text: string): number {
  // Dictionaries take twenty times as long as spaces.
  if (!hasUnspacedScript(text)) return text.match(WORD)?.length ?? 0;
  let count = 0;
  for (const { isWordLike } of segmentWords(text)) if (isWordLike) count += 1;
  return count;
}
