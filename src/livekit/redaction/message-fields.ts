import type { Playout, Synthesis, TextMessage, Transcript } from "../../../otel/index.js";

/**
 * Whether a field holds words, which go when the words are others. A field that is new to these
 * types does not compile until somebody has decided.
 */
type Fields<T> = { [key in keyof T]-?: "words" | "other" };

const MESSAGE_FIELDS: Fields<Transcript & Synthesis & TextMessage> = {
  words: "words",
  // Written anew, as is what a provider said of its failure.
  content: "other",
  unspoken: "other",
  id: "other",
  turnId: "other",
  role: "other",
  source: "other",
  provider: "other",
  model: "other",
  gateway: "other",
  timestampMs: "other",
  startedMs: "other",
  endedMs: "other",
  language: "other",
  confidence: "other",
  durationS: "other",
  sound: "other",
  interrupts: "other",
  redacted: "other",
  voice: "other",
  agent: "other",
  llmModel: "other",
  providerRequestId: "other",
};

export const PLAYOUT_FIELDS: Fields<Playout> = {
  heard: "words",
  messageId: "other",
  delivery: "other",
  startedMs: "other",
  endedMs: "other",
  heardBy: "other",
  playedS: "other",
  interruptedBy: "other",
  latency: "other",
};

export function withoutWords<T extends object>(
  value: T,
  fields: { [key: string]: "words" | "other" },
): T {
  const kept = Object.entries(value).filter(([key]) => fields[key] === "other");
  return Object.fromEntries(kept) as T;
}

/** The message in other words: nothing is left that could tell the first ones. */
export function inOtherWords<T extends Transcript | Synthesis | TextMessage>(
  message: T,
  content: string,
): T {
  return {
    ...withoutWords(message, MESSAGE_FIELDS),
    content,
    redacted: true,
  };
}
