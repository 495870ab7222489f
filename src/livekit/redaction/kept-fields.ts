import type { Playout, Synthesis, TextMessage, Transcript } from "../../../otel/index.js";
import { type InCamelCase, type MessageKey, WORDLESS_NAMES } from "../../record/message-fields.js";

/** Span fields that are no keys of a message. The table `MESSAGE_FIELDS` decides about those. */
type BesideKeys<T> = Omit<T, InCamelCase<MessageKey>>;

/**
 * Whether a field holds words, which are removed if a review changed the text. A new field of a span
 * does not compile until it is listed here. A new key of a message decides in its row of the table.
 */
type Fields<T> = { [key in keyof T]-?: "words" | "other" };

const BESIDE_MESSAGE: Fields<BesideKeys<Transcript & Synthesis & TextMessage>> = {
  // The provider's error text in it is replaced elsewhere.
  unspoken: "other",
  provider: "other",
  timestampMs: "other",
  startedMs: "other",
  endedMs: "other",
  durationS: "other",
  sound: "other",
  audioWords: "words",
  interrupts: "other",
};

const BESIDE_PLAYOUT: Fields<BesideKeys<Playout>> = {
  heard: "words",
  messageId: "other",
  startedMs: "other",
  endedMs: "other",
};

const KEPT_OF_MESSAGE = keptOf(BESIDE_MESSAGE);
const KEPT_OF_PLAYOUT = keptOf(BESIDE_PLAYOUT);

function keptOf(beside: { [name: string]: "words" | "other" }): ReadonlySet<string> {
  const others = Object.keys(beside).filter((name) => beside[name] === "other");
  return new Set([...WORDLESS_NAMES, ...others]);
}

function withOnly<T extends object>(value: T, names: ReadonlySet<string>): T {
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name))) as T;
}

export function withoutWords(playout: Playout): Playout {
  return withOnly(playout, KEPT_OF_PLAYOUT);
}

/** The message with the reviewed texts. Every other field that could tell the original words is removed. */
export function inOtherWords<T extends Transcript | Synthesis | TextMessage>(
  message: T,
  texts: { content: string; [name: string]: string | undefined },
): T {
  return { ...withOnly(message, KEPT_OF_MESSAGE), ...texts, redacted: true };
}
