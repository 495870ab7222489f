import type {
  AgentMessage,
  MessageAudio,
  UnspokenMessage,
  UserMessage,
  Word,
} from "./conversation.js";
import type { Latency } from "./latency.js";

/** A message with every key that one can have. */
type AnyMessage = Omit<UserMessage, "role"> &
  Omit<AgentMessage, "role"> &
  Omit<UnspokenMessage, "role"> & { role: "user" | "agent" };
export type MessageKey = keyof AnyMessage;

type KindOf<V> = [V] extends [true]
  ? "true"
  : [V] extends [number]
    ? "number"
    : [V] extends [Word[]]
      ? "words"
      : [V] extends [MessageAudio]
        ? "audio"
        : [V] extends [Latency]
          ? "latency"
          : string extends V
            ? "text" | "timestamp"
            : readonly V[];

/** What a value can be: one of the names, or one of these kinds. */
export type MessageValueKind =
  | "text"
  | "number"
  | "true"
  | "timestamp"
  | "words"
  | "audio"
  | "latency"
  | readonly string[];

/** One key of a message, with everything that differs between keys. */
export interface MessageField<KindOfValue = MessageValueKind> {
  /** Which messages have it: all, one side's, or unspoken ones. */
  of: "message" | "user" | "agent" | "unspoken";
  kind: KindOfValue;
  /**
   * How the key repeats what was said. `text` is reviewed, and cut if it is too long. `times` repeat
   * the words one by one, and are left out if a review changed the text. `none` repeats nothing, so a
   * review does not see it.
   */
  words?: "text" | "times" | "none";
  /**
   * The span attribute that carries the value unchanged. Keys without it need several attributes, or
   * stand on different spans.
   */
  attribute?: string;
  /** Which span has the attribute. Default: the message's own. */
  span?: "playout" | "amendment";
}

/**
 * Every key of a message, in the order of the document: keys that people look for come first.
 *
 * Everything else derives from this table: the order of keys in the file, the store's check of values,
 * the limit of texts, the redaction, and the encoding and decoding of span attributes. A new optional
 * key needs its type in `conversation.ts`, a row here, and the code that sets it.
 */
export const MESSAGE_FIELDS = {
  role: { of: "message", kind: ["user", "agent"] },
  content: { of: "message", kind: "text", words: "text" },
  timestamp: { of: "message", kind: "timestamp", words: "none" },
  source: { of: "message", kind: "text", words: "none" },
  id: { of: "message", kind: "text", words: "none" },
  seq: { of: "message", kind: "number" },
  turn_id: { of: "message", kind: "text", words: "none" },
  delivery: {
    of: "agent",
    kind: ["pending", "full", "partial", "none"],
    attribute: "talktrace.delivery",
    span: "playout",
  },
  redacted: { of: "message", kind: "true", attribute: "talktrace.redacted" },
  discarded: {
    of: "user",
    kind: ["turn_cleared", "not_interruptible", "held_back", "stt_node"],
    attribute: "talktrace.discarded",
    span: "amendment",
  },
  taken_as: {
    of: "user",
    kind: "text",
    words: "text",
    attribute: "talktrace.taken_as",
    span: "amendment",
  },
  source_text: { of: "user", kind: "text", words: "text", attribute: "talktrace.source_text" },
  source_language: {
    of: "user",
    kind: "text",
    words: "none",
    attribute: "talktrace.source_language",
  },
  generated: { of: "agent", kind: "text", words: "text" },
  shown: {
    of: "agent",
    kind: "text",
    words: "text",
    attribute: "talktrace.shown",
    span: "amendment",
  },
  tts_text: { of: "agent", kind: "text", words: "text", attribute: "talktrace.tts_text" },
  heard_by: {
    of: "agent",
    kind: ["word_times", "livekit_estimate", "duration_ratio", "estimate"],
    attribute: "talktrace.heard_by",
    span: "playout",
  },
  played_s: { of: "agent", kind: "number", attribute: "talktrace.played_s", span: "playout" },
  output_s: { of: "agent", kind: "number", attribute: "talktrace.output_s", span: "playout" },
  interrupted_by: {
    of: "agent",
    kind: "text",
    words: "none",
    attribute: "talktrace.interrupted_by",
    span: "playout",
  },
  reason: { of: "unspoken", kind: ["discarded", "failed", "closed"] },
  error: { of: "unspoken", kind: "text", words: "none" },
  started_at: { of: "message", kind: "timestamp", words: "none" },
  ended_at: { of: "message", kind: "timestamp", words: "none" },
  trace_id: { of: "message", kind: "text", words: "none" },
  span_id: { of: "message", kind: "text", words: "none" },
  language: { of: "message", kind: "text", words: "none", attribute: "talktrace.language" },
  speaker: { of: "user", kind: "text", words: "none", attribute: "talktrace.speaker" },
  confidence: { of: "user", kind: "number", attribute: "talktrace.confidence" },
  model: { of: "message", kind: "text", words: "none", attribute: "gen_ai.request.model" },
  gateway: { of: "message", kind: "text", words: "none", attribute: "talktrace.gateway" },
  voice: { of: "agent", kind: "text", words: "none", attribute: "talktrace.voice" },
  provider_request_id: {
    of: "agent",
    kind: "text",
    words: "none",
    attribute: "talktrace.provider_request_id",
  },
  agent: { of: "agent", kind: "text", words: "none", attribute: "talktrace.agent" },
  llm_model: { of: "agent", kind: "text", words: "none", attribute: "talktrace.llm.model" },
  latency: { of: "agent", kind: "latency" },
  audio: { of: "message", kind: "audio" },
  words: { of: "message", kind: "words", words: "times" },
} as const satisfies {
  [K in MessageKey]-?: MessageField<KindOf<NonNullable<AnyMessage[K]>>> &
    (string extends AnyMessage[K] ? { words: "text" | "none" } : unknown) &
    (Word[] extends AnyMessage[K] ? { words: "times" } : unknown);
};

type Fields = typeof MESSAGE_FIELDS;

/** The keys that hold a text of what was said. */
export type TextKey = {
  [K in MessageKey]: Fields[K] extends { words: "text" } ? K : never;
}[MessageKey];

/** The span that carries a plain key: the message's own, its playout, or an amendment. */
export type PlainCarrier = "user" | "agent" | "playout" | "amendment";

/** The keys that are one attribute each on such a span. */
export type PlainKey<Carrier extends PlainCarrier> = {
  [K in MessageKey]: Fields[K] extends { attribute: string }
    ? Fields[K] extends { span: infer Span }
      ? Span extends Carrier
        ? K
        : never
      : Carrier extends "playout" | "amendment"
        ? never
        : Fields[K]["of"] extends Carrier | "message"
          ? K
          : never
    : never;
}[MessageKey];

/** The name in code of a key of the document, e.g. `llmModel` for `llm_model`. */
export type InCamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<InCamelCase<Tail>>}`
  : Key;

/** The plain keys of one span, by their names in code. */
export type PlainValues<Carrier extends PlainCarrier> = {
  [K in PlainKey<Carrier> as InCamelCase<K>]?: AnyMessage[K] | undefined;
};

/** A row of the table, with its key and its name in code. */
export interface NamedField extends MessageField {
  key: MessageKey;
  name: string;
}

export const MESSAGE_KEYS = Object.keys(MESSAGE_FIELDS) as readonly MessageKey[];

const ROWS: readonly NamedField[] = MESSAGE_KEYS.map((key) => ({
  ...MESSAGE_FIELDS[key],
  key,
  name: key.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
}));

/** The rows whose value is one attribute on such a span. */
export function listPlainFields(carrier: PlainCarrier): readonly (NamedField & {
  attribute: string;
})[] {
  return ROWS.flatMap(({ attribute, ...row }) => {
    const isCarried =
      row.span === undefined ? row.of === carrier || row.of === "message" : row.span === carrier;
    const isLater = carrier === "playout" || carrier === "amendment";
    if (attribute === undefined || !isCarried || (isLater && row.span === undefined)) return [];
    return [{ ...row, attribute }];
  });
}

/** The rows that hold a text of what was said. */
export const TEXT_FIELDS: readonly (NamedField & { key: TextKey })[] = ROWS.filter(isText);

function isText(row: NamedField): row is NamedField & { key: TextKey } {
  return row.words === "text";
}

/** The names in code of the keys that do not repeat what was said. */
export const WORDLESS_NAMES = ROWS.filter(({ words = "none" }) => words === "none").map(
  ({ name }) => name,
);
