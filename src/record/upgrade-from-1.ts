import type { Word } from "./conversation.js";
import { readTimestamp } from "./timestamp.js";
import { type AudioWord, placeAgentWords, placeUserWords } from "./word-times.js";

/** A message of format 1, as far as its word times matter. Any key may have another type. */
interface Message1 {
  role?: unknown;
  content?: unknown;
  generated?: unknown;
  delivery?: unknown;
  started_at?: unknown;
  ended_at?: unknown;
  played_s?: unknown;
  output_s?: unknown;
  audio?: unknown;
  words?: unknown;
}

/** A playback that took this much longer than its audio had a pause, and nobody knows where. */
const SHORTEST_PAUSE_S = 0.5;

/**
 * In format 1, a user's words counted the seconds of the STT's stream, and an agent's words those of
 * the message's own audio. Now both count from the session's start.
 *
 * Words whose time cannot be known any more are removed: those of unspoken and of pending messages, and
 * those of a reply that had a pause.
 */
export function upgradeFrom1(document: object): object {
  const { conversation, unspoken, session } = document as {
    conversation?: unknown;
    unspoken?: unknown;
    session?: { started_at?: unknown } | null;
  };
  const startMs = readTime(session?.started_at);
  return {
    ...document,
    format: 2,
    ...mapList("conversation", conversation, (message) => upgradeMessage(message, startMs)),
    ...mapList("unspoken", unspoken, (message) => withWords(message, undefined)),
  };
}

function mapList(
  key: string,
  list: unknown,
  upgrade: (message: Message1) => object,
): { [key: string]: unknown } {
  if (!Array.isArray(list)) return {};
  return {
    [key]: list.map((message: unknown) =>
      typeof message === "object" && message !== null && isListOfOldWords(message)
        ? upgrade(message)
        : message,
    ),
  };
}

/** Whether a message has words in the form of format 1. Other values of `words` are not changed. */
function isListOfOldWords(message: Message1): message is Message1 & { words: AudioWord[] } {
  return Array.isArray(message.words) && message.words.every(isAudioWord);
}

function isAudioWord(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { text, start_s, end_s } = value as Partial<{ [key in keyof AudioWord]: unknown }>;
  return typeof text === "string" && typeof start_s === "number" && typeof end_s === "number";
}

function upgradeMessage(message: Message1, startMs: number | undefined): object {
  return withWords(message, placeOldWords(message, message.words as AudioWord[], startMs));
}

function withWords(message: Message1, words: Word[] | undefined): object {
  const { words: _words, ...rest } = message;
  return words === undefined ? rest : { ...rest, words };
}

/**
 * The words of a message of format 1 on the session's clock; undefined if their time is not known.
 *
 * @param startMs the session's start, in epoch milliseconds
 */
export function placeOldWords(
  message: Message1,
  words: readonly AudioWord[],
  startMs: number | undefined,
): Word[] | undefined {
  const [startedMs, endedMs] = [readTime(message.started_at), readTime(message.ended_at)];
  if (startMs === undefined || words.length === 0) return undefined;
  const toSessionS = (epochMs: number): number => (epochMs - startMs) / 1000;
  if (message.role !== "agent") {
    if (startedMs === undefined) return undefined;
    const lengthS = (words.at(-1)?.end_s ?? 0) - (words[0]?.start_s ?? 0);
    const fromS = toSessionS(startedMs);
    const untilS = endedMs === undefined ? fromS + lengthS : toSessionS(endedMs);
    return placeUserWords(words, { fromS, untilS });
  }
  return endedMs === undefined
    ? undefined
    : placeOldReply(
        message,
        words,
        startedMs === undefined ? undefined : toSessionS(startedMs),
        toSessionS(endedMs),
      );
}

function placeOldReply(
  { delivery, content, generated, played_s, output_s, audio }: Message1,
  words: readonly AudioWord[],
  startedS: number | undefined,
  untilS: number,
): Word[] | undefined {
  if (typeof content !== "string") return undefined;
  if (delivery !== "full" && delivery !== "partial" && delivery !== "none") return undefined;
  const lengthS = startedS === undefined ? undefined : untilS - startedS;
  const playedS = typeof played_s === "number" ? played_s : lengthS;
  if (playedS === undefined) return undefined;
  const fromS = startedS ?? untilS - playedS;
  if (untilS - fromS - playedS > SHORTEST_PAUSE_S) return undefined;
  const rate = playedS > 0 ? Math.min((untilS - fromS) / playedS, 1) : 1;
  const stretch = findStretch(output_s, audio);
  return placeAgentWords(
    words.map((word) => ({
      ...word,
      start_s: word.start_s * stretch,
      end_s: word.end_s * stretch,
    })),
    { untilS, playedS, momentOf: (audioS) => fromS + audioS * rate },
    { delivery, content, text: typeof generated === "string" ? generated : content },
  );
}

/** How much longer the agent's own code made the audio. */
function findStretch(output_s: unknown, audio: unknown): number {
  const durationS =
    typeof audio === "object" && audio !== null && "duration_s" in audio ? audio.duration_s : 0;
  return typeof output_s === "number" && typeof durationS === "number" && durationS > 0
    ? Math.max(output_s / durationS, 1)
    : 1;
}

function readTime(timestamp: unknown): number | undefined {
  return typeof timestamp === "string" ? readTimestamp(timestamp) : undefined;
}
