import type {
  Delivery,
  DiscardReason,
  HeardBy,
  JsonValue,
  Latency,
  MessageAudio,
  ModelUsage,
  UnspokenReason,
  Word,
} from "../../src/record/index.js";

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

export interface Transcript extends SpeechService {
  id: string;
  turnId: string;
  content: string;
  /** When the final transcript arrived; the end of the span. */
  timestampMs: EpochMs;
  /** When the speech was audible, where it is known. */
  startedMs?: EpochMs | undefined;
  endedMs?: EpochMs | undefined;
  language?: string | undefined;
  confidence?: number | undefined;
  words?: Word[] | undefined;
  durationS?: number | undefined;
  sound?: SoundQuality | undefined;
  /** The agent message that this one cut off. */
  interrupts?: string | undefined;
  redacted?: true | undefined;
}

export interface Synthesis extends SpeechService {
  id: string;
  turnId: string;
  content: string;
  /** When the first text went to synthesis; the start of the span. */
  timestampMs: EpochMs;
  voice?: string | undefined;
  agent?: string | undefined;
  llmModel?: string | undefined;
  providerRequestId?: string | undefined;
  words?: Word[] | undefined;
  durationS: number;
  sound?: SoundQuality | undefined;
  /** Set when nothing of it will be heard. */
  unspoken?: { reason: UnspokenReason; error?: string | undefined } | undefined;
  redacted?: true | undefined;
}

export interface Playout {
  messageId: string;
  delivery: Delivery;
  startedMs?: EpochMs | undefined;
  endedMs: EpochMs;
  /** What was heard; absent when all was. */
  heard?: string | undefined;
  heardBy?: HeardBy | undefined;
  playedS: number;
  interruptedBy?: string | undefined;
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
export interface LateAmendment {
  discarded?: DiscardReason | undefined;
  takenAs?: string | undefined;
  shown?: string | undefined;
}

export interface EventData {
  type: string;
  atMs: EpochMs;
  turnId?: string | undefined;
  data: { [key: string]: JsonValue };
  redacted?: true | undefined;
}
