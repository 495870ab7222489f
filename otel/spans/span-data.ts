import type {
  AudioWord,
  Delivery,
  JsonValue,
  Latency,
  MessageAudio,
  ModelUsage,
  UnspokenReason,
  Word,
} from "../../src/record/index.js";
import type { PlainValues } from "../../src/record/message-fields.js";

/** Milliseconds since the Unix epoch, with fraction. */
export type EpochMs = number;

/** A speech service, or the source of speech without one. */
export interface SpeechService {
  /** The source, e.g. `deepgram_stt`. */
  source: string;
  provider?: string | undefined;
  model?: string | undefined;
  /** The service through which the provider was reached, e.g. `livekit_inference`. */
  gateway?: string | undefined;
}

/** The source of an agent's speech. */
export interface SpeechSource extends SpeechService {
  /** No service was seen to make the audio, so the span is no operation of one. */
  hasNoService?: boolean | undefined;
}

/** What is known of a message's audio, except its duration. */
export type SoundQuality = Omit<MessageAudio, "duration_s">;

/** It also has every plain key of a user message, in camel case: `language`, ... */
export interface Transcript extends SpeechService, PlainValues<"user"> {
  id: string;
  turnId: string;
  content: string;
  /** When the final transcript arrived, which is the end of the span. */
  timestampMs: EpochMs;
  /** When the speech was audible, if known. */
  startedMs?: EpochMs | undefined;
  endedMs?: EpochMs | undefined;
  durationS?: number | undefined;
  sound?: SoundQuality | undefined;
  words?: Word[] | undefined;
  /** The agent message that this one interrupted. */
  interrupts?: string | undefined;
}

/** It also has every plain key of an agent message, in camel case: `voice`, ... */
export interface Synthesis extends SpeechService, PlainValues<"agent"> {
  id: string;
  turnId: string;
  content: string;
  /** When the first text went to synthesis, which is the start of the span. */
  timestampMs: EpochMs;
  durationS: number;
  sound?: SoundQuality | undefined;
  /**
   * The provider's word times. They are on no span: the playout has them on the session's clock. A
   * review sees them here.
   */
  audioWords?: AudioWord[] | undefined;
  /** Set if nothing of it will be heard. */
  unspoken?: { reason: UnspokenReason; error?: string | undefined } | undefined;
}

export interface Playout extends PlainValues<"playout"> {
  messageId: string;
  delivery: Delivery;
  startedMs?: EpochMs | undefined;
  endedMs: EpochMs;
  /** What was heard; missing if all was heard. */
  heard?: string | undefined;
  words?: Word[] | undefined;
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

/** Later facts about a message in the record, except how it was heard. */
export type LateAmendment = PlainValues<"amendment">;

export interface EventData {
  type: string;
  atMs: EpochMs;
  turnId?: string | undefined;
  data: { [key: string]: JsonValue };
  redacted?: true | undefined;
}
