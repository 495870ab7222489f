import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { hasUnspacedScript, segmentWords, withoutMarkup } from "../../src/record/index.js";
import { ATTR, RECORD } from "../spans/attributes.js";
import { copySpan } from "../spans/copy-span.js";
import type { Forwarder } from "./forwarder.js";

/** How forwarded spans are named: with their own names, or with the first spoken words added. */
export type SpanNames = "plain" | "words";

export const SPAN_NAME_LIMITS = {
  /** Words in a name have at most this many characters, as people count them. */
  words: 40,
  /** How many code units are examined to find these words. */
  examined: 400,
} as const;

/** LiveKit's spans of a whole turn. They hold the turn's words; `agent_turn` also holds the wait before it. */
const LIVEKIT_TURN = {
  user_turn: "lk.pii.user_transcript",
  agent_turn: "lk.pii.response.text",
} as const;
const LIVEKIT_E2E_S = "lk.e2e_latency";

const characters = new Intl.Segmenter("und", { granularity: "grapheme" });

/** A forwarder that adds the first words of a message, or of a LiveKit turn, to the span's name. */
export function putWordsInNames<T extends Forwarder>(forwarder: T): T {
  return { ...forwarder, forward: (span) => forwarder.forward(nameByWords(span)) };
}

/**
 * A copy of the span whose name shows its words: `user: Hello, can you tell me…`, or for LiveKit's
 * turns `user_turn: Hello…` and `agent_turn after 0.88 s: Of course…`. The span itself does not change,
 * because other processors see it too. A span without words is returned as it is.
 */
export function nameByWords(span: ReadableSpan): ReadableSpan {
  const name = wordsOf(span);
  return name === undefined ? span : copySpan(span, { name });
}

function wordsOf({ name, attributes }: ReadableSpan): string | undefined {
  if (attributes[ATTR.record] === RECORD.message) {
    return label(String(attributes[ATTR.role]), attributes[ATTR.content]);
  }
  if (name === "user_turn") return label(name, attributes[LIVEKIT_TURN.user_turn]);
  if (name !== "agent_turn") return undefined;
  const waitS = attributes[LIVEKIT_E2E_S];
  const wait = typeof waitS === "number" ? ` after ${waitS.toFixed(2)} s` : "";
  return label(`${name}${wait}`, attributes[LIVEKIT_TURN.agent_turn]);
}

function label(head: string, content: unknown): string | undefined {
  const words = typeof content === "string" ? firstWords(content) : "";
  return words === "" ? undefined : `${head}: ${words}`;
}

/** The beginning of a text on one line, cut after a whole word if there is one. */
function firstWords(content: string): string {
  const examined = content.slice(0, SPAN_NAME_LIMITS.examined);
  const line = withoutMarkup(examined)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  let count = 0;
  let lastStart = 0;
  for (const { index } of characters.segment(line)) {
    if (count === SPAN_NAME_LIMITS.words) return cutAtWord(line, index);
    count += 1;
    lastStart = index;
  }
  // The cut may split a character, so the last one is left out.
  return examined.length === content.length ? line : cutAtWord(line, lastStart);
}

function cutAtWord(line: string, end: number): string {
  const wordEnd = findWordEnd(line, end);
  return `${line.slice(0, wordEnd > 0 ? wordEnd : end).trimEnd()}…`;
}

/** Where the last whole word ends. Languages without spaces are split by dictionary. */
function findWordEnd(line: string, end: number): number {
  const space = line[end] === " " ? end : line.lastIndexOf(" ", end);
  if (!hasUnspacedScript(line.slice(space + 1, end + 1))) return space;
  let border = space;
  for (const { start } of segmentWords(line)) {
    if (start > end) break;
    border = Math.max(border, start);
  }
  return border;
}
