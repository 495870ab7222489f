import type {
  Delivery,
  JsonValue,
  Latency,
  MessageAudio,
  ModelUsage,
  UnspokenReason,
} from "../../src/record/index.js";
import type { PlainValues } from "../../src/record/message-fields.js";

/** Milliseconds since the Unix epoch, with fraction. */
export type EpochMs = number;

/** A speech service, or the lack of one. */
export interface SpeechService {
  /** e.g. `deepgram_stt`. */
  source: string;
  provider?: string | undefined;
  model?: string | undefined;
  /** What the provider was reached through, e.g. `livekit_inference`. */
  gateway?: string | undefined;
}

/** Where an agent's speech comes from. */
export interface SpeechSource extends SpeechService {
  /** Nobody was seen to make the sound, so its span is no operation of a service. */
  hasNoService?: boolean | undefined;
}

/** What is known of a message's sound, beside its length. */
export type SoundQuality = Omit<MessageAudio, "duration_s">;

/** Beside what is here, it has every plain key of a user's message, in camel case: `language`, ... */
export interface Transcript extends SpeechService, PlainValues<"user"> {
  id: string;
  turnId: string;
  content: string;
  /** When the final transcript arrived; the end of the span. */
  timestampMs: EpochMs;
  /** When the speech was audible, where it is known. */
  startedMs?: EpochMs | undefined;
  endedMs?: EpochMs | undefined;
  durationS?: number | undefined;
  sound?: SoundQuality | undefined;
  /** The agent message that this one cut off. */
  interrupts?: string | undefined;
}

/** Beside what is here, it has every plain key of an agent's message, in camel case: `voice`, ... */
export interface Synthesis extends SpeechService, PlainValues<"agent"> {
  id: string;
  turnId: string;
  content: string;
  /** When the first text went to synthesis; the start of the span. */
  timestampMs: EpochMs;
  durationS: number;
  sound?: SoundQuality | undefined;
  /** Set when nothing of it will be heard. */
  unspoken?: { reason: UnspokenReason; error?: string | undefined } | undefined;
}

export interface Playout extends PlainValues<"playout"> {
  messageId: string;
  delivery: Delivery;
  startedMs?: EpochMs | undefined;
  endedMs: EpochMs;
  /** What was heard; absent when all was. */
  heard?: string | undefined;
  latency?: Latency | undefined;
}

export interface TextMessage {
  id: string;
  turnId: string;
  role: "user" | "agent";
  content: string;
  source: string;
  timestampMs: EpochMs;
  agent?: string | undefined;
  redacted?: true | undefined;
}

export interface ConversationEnd {
  endedMs: EpochMs;
  reason?: string | undefined;
  usage?: ModelUsage[] | undefined;
}

/** What may be learnt of a message once it is in the record, beside how it was heard. */
export type LateAmendment = PlainValues<"amendment">;

export interface EventData {
  type: string;
  atMs: EpochMs;
  turnId?: string | undefined;
  data: { [key: string]: JsonValue };
  redacted?: true | undefined;
}
