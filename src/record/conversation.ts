/**
 * The record: what one conversation file holds, format version 1.
 *
 * These types are the contract between the write side (spans -> store) and every reader.
 * `docs/conversation.schema.json` is generated from them and a test holds the two equal.
 *
 * Tags such as `@pattern` go into the schema.
 *
 * Units: keys ending in `_s` are seconds. Timestamps are ISO 8601 with microseconds and a
 * numeric offset, e.g. `2025-08-18T14:30:22.123456+05:30`.
 */

import type { Latency } from "./latency.js";
import type { Metrics, ModelUsage } from "./metrics.js";

/** The version of the format that this code writes. */
export const CONVERSATION_FORMAT = 1;

/**
 * ISO 8601, microseconds, numeric offset: `2025-08-18T14:30:22.123456+05:30`.
 *
 * @pattern ^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}[+-]\d{2}:\d{2}$
 */
export type Timestamp = string;

/** A value that JSON can carry. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

/** One conversation file. */
export interface Conversation {
  format: 1;
  /** What was said, in `timestamp` order, ties by `seq`. */
  conversation: Message[];
  /** Generations of the agent that never reached the caller. */
  unspoken: UnspokenMessage[];
  /** What happened beside the speech: tool calls, handoffs, errors, in `timestamp` order. */
  events: ConversationEvent[];
  session: Session;
  metrics: Metrics;
  integrity: Integrity;
}

/**
 * What one side said.
 *
 * @discriminator role
 */
export type Message = UserMessage | AgentMessage;

/** A word and when it was spoken, in seconds from the start of the audio that carries it. */
export interface Word {
  text: string;
  start_s: number;
  end_s: number;
}

/** What every message has. The first four keys are the ones the format began with. */
export interface MessageBase {
  role: "user" | "agent";
  content: string;
  /**
   * - A user message: its final transcript arrived.
   * - A user message whose interim words became the turn: these words arrived.
   * - A user message that a realtime model told of after it had answered: the end of the speech.
   * - An agent message: its text went to synthesis.
   * - A realtime model's own voice: its first sound.
   */
  timestamp: Timestamp;
  /**
   * `<provider>_stt` or `<provider>_tts`, e.g. `deepgram_stt`. Text that passed no speech service
   * has `text_input` (typed by the user) or `text_output` (shown, not spoken); speech that the agent
   * played from ready audio has `audio_output`. `custom_stt` and `custom_tts` are an agent's own
   * `sttNode` and `ttsNode` that use no service that LiveKit knows of.
   */
  source: string;
  /** Unique in this conversation: `m_1`, `m_2`, ... */
  id: string;
  /**
   * The order in which the messages reached the record, from 1.
   *
   * @asType integer
   * @minimum 1
   */
  seq: number;
  /** The turn this message belongs to: `t_1`, `t_2`, ... A reply has the turn of what it answers. */
  turn_id: string;
  /** When the speech began to be audible. */
  started_at?: Timestamp;
  /** When the speech ceased to be audible. */
  ended_at?: Timestamp;
  /** The span of this message, 32 and 16 lower-case hex digits. */
  trace_id?: string;
  span_id?: string;
  /** BCP 47 tag as the provider reports it, e.g. `en`, `hi`. */
  language?: string;
  /** The model that heard or spoke it, e.g. `nova-3`, `sonic-3`. */
  model?: string;
  /** The service that the provider was reached through, e.g. `livekit_inference`. */
  gateway?: string;
  /** The provider's word times. */
  words?: Word[];
  audio?: MessageAudio;
  /**
   * The words are not those that were spoken: the agent's own `reviewMessage` changed them, or failed
   * and they were withheld. Such a message has no word times.
   */
  redacted?: true;
}

/**
 * The sound of a message. Levels are those of the stretches that are speech, not of the pauses in
 * between; a figure that could not be measured is missing.
 */
export interface MessageAudio {
  /**
   * Of a user message, first to last word, or first to last sound where the provider gives no word
   * times; of an agent message, all audio synthesised.
   */
  duration_s: number;
  /** How loud the speech is (root mean square), in decibels below full scale: 0 is the loudest. */
  level_dbfs?: number;
  /** The loudest sample, in decibels below full scale. */
  peak_dbfs?: number;
  /** The share of samples at full scale, 0 to 1: above 0.001 it sounds distorted. */
  clipped_share?: number;
  /**
   * How far the speech stands out from the noise around it, in decibels. Missing where the noise
   * could not be heard alone, and at most 96: that is silence in 16-bit sound.
   */
  snr_db?: number;
  /**
   * How often sound was missing: of a user message, frames that did not come; of an agent message,
   * times at which speech that was played as it came would have run dry.
   */
  gaps?: number;
  /** How long sound was missing in all. */
  gap_s?: number;
}

/**
 * What the caller said or typed. What was said is a final transcript, or the words that the agent took
 * before they were final.
 */
export interface UserMessage extends MessageBase {
  role: "user";
  /** The provider's confidence, 0 to 1. */
  confidence?: number;
  /** Why the agent never took these words into account; absent when it did. */
  discarded?: DiscardReason;
  /**
   * The words that the agent went on with, where its own code, or a realtime model later, changed
   * what was heard.
   */
  taken_as?: string;
  /** Who spoke, where the STT tells speakers apart (diarization): the provider's name, e.g. `S1`. */
  speaker?: string;
  /** The words as they were spoken, where the STT translates: `content` is its translation. */
  source_text?: string;
  /** The BCP 47 tag of `source_text`; of several languages their tags, e.g. `es, en`. */
  source_language?: string;
}

/**
 * - `turn_cleared`: the agent called `clearUserTurn()`.
 * - `not_interruptible`: said over speech that may not be interrupted.
 * - `held_back`: LiveKit took them for no turn, such as a "mhm" over the agent's speech.
 * - `stt_node`: the agent's own `sttNode` did not pass them on.
 */
export type DiscardReason = "turn_cleared" | "not_interruptible" | "held_back" | "stt_node";

/**
 * - `pending`: synthesised; what was heard of it is not known yet.
 * - `full`: heard to the end.
 * - `partial`: cut off; `content` is what was heard, `generated` the whole where it is known.
 * - `none`: nothing of it was heard.
 */
export type Delivery = "pending" | "full" | "partial" | "none";

/**
 * How `content` of a `partial` message was found. A `full` or `none` message has it
 * if silence around the words makes `played_s` alone look like a part.
 *
 * - `word_times`: the provider's word times against the played position.
 * - `livekit_estimate`: LiveKit's estimate by speaking rate. It is taken where the provider gave no word
 *   times, and the played share of the audio says the same but for one word.
 * - `duration_ratio`: the played share of the audio, cut at a whole word; neither of the others was there.
 */
export type HeardBy = "word_times" | "livekit_estimate" | "duration_ratio";

/** What is known of a synthesis, whether it was heard or not. */
export interface SynthesisBase extends MessageBase {
  /** The id of the user message that cut this one off. */
  interrupted_by?: string;
  /** The provider's voice, by id or name, where it is known. */
  voice?: string;
  /** The provider's id of this synthesis (Cartesia: the context id). */
  provider_request_id?: string;
  /** The agent (LiveKit's agent id) that spoke. */
  agent?: string;
  /**
   * The text as it went to synthesis, where that has markup: SSML such as `<break time="500ms"/>`, or
   * LiveKit's expressive markers such as `<expr type="sound" label="laugh"/>`. `content` is the same
   * text without it, which is what a voice says.
   */
  tts_text?: string;
  /** The model that wrote the text, e.g. `gpt-4o-mini`; `model` is the one that spoke it. */
  llm_model?: string;
  latency?: Latency;
}

/** What the agent said, or is about to. */
export interface AgentMessage extends SynthesisBase {
  role: "agent";
  delivery: Delivery;
  /** The whole text, when it differs from what was heard (`content`). */
  generated?: string;
  /**
   * The text as it was shown (LiveKit's transcript and chat), where that is not what went to
   * synthesis: text transforms, a `ttsNode` or a `transcriptionNode` make a difference. Of a reply
   * that was synthesised in parts, the first part has it for all of them.
   */
  shown?: string;
  heard_by?: HeardBy;
  /** How long it was audible, in seconds: pauses in the middle of it do not count. */
  played_s?: number;
  /**
   * How much sound the audio output got of it, in seconds, where that is not `audio.duration_s`: the
   * agent's own code, such as a `ttsNode`, made the sound shorter or longer.
   */
  output_s?: number;
}

/**
 * - `discarded`: given up before it was played (e.g. a preemptive generation).
 * - `failed`: the synthesis failed before any audio was played.
 * - `closed`: the session closed before it was played.
 */
export type UnspokenReason = "discarded" | "failed" | "closed";

/** A synthesis that the caller never heard anything of. `content` is the whole text. */
export interface UnspokenMessage extends SynthesisBase {
  role: "agent";
  reason: UnspokenReason;
  error?: string;
}

/** Something that happened beside the speech. */
export interface ConversationEvent {
  /**
   * Of TalkTrace itself are `tool_call`, `agent_handoff`, `false_interruption`, `dtmf`,
   * `participant_linked`, `error`, and those below; any other name is the user's own.
   *
   * - `implausible_figure`: a `figure` of LiveKit, `e2e_s` or `played_s`, whose `value` cannot be: it is
   *   negative, a delay above 60 s, or contradicts what was heard. It was left out.
   * - `false_interruption`: LiveKit paused a reply, and no words followed; `resumed` says whether the
   *   reply went on.
   * - `reply_stopped`: the agent's `onUserTurnCompleted` wanted no reply.
   * - `user_away`, `user_returned`: LiveKit has waited for the user in vain.
   * - `transcription_timeout`: `speech_s` seconds of speech gave no words.
   * - `service_switch`: a fallback adapter went over `from` one source `to` another, with the `error`
   *   that made it, and the `message_id` where it was speech to be spoken.
   */
  type: string;
  timestamp: Timestamp;
  /** The turn in which it happened. */
  turn_id?: string;
  span_id?: string;
  /**
   * What belongs to the type, e.g. a tool's `name`, `arguments` and `output`, and `unfinished` where
   * it was cut short.
   */
  data: { [key: string]: JsonValue };
  /** The agent's own `reviewEvent` changed `data`, or failed and `data` was withheld. */
  redacted?: true;
}

export interface Session {
  /** `gen_ai.conversation.id` on the spans. */
  id: string;
  /**
   * `open`: being written, or its process died and nobody has recovered it yet. `complete`:
   * closed in order. `recovered`: completed from the journal after its process died.
   */
  status: "open" | "complete" | "recovered";
  started_at: Timestamp;
  ended_at?: Timestamp;
  /** LiveKit's close reason, e.g. `user_initiated`, `participant_disconnected`, `error`. */
  close_reason?: string;
  trace_id?: string;
  /** The LiveKit room's name. */
  room?: string;
  /** The room's id on the server, e.g. `RM_...`. */
  room_id?: string;
  /** The LiveKit job's id. */
  job?: string;
  /** The agent that opened the session (LiveKit's agent id). */
  agent?: string;
  /** The name under which the agent was dispatched; absent where it takes every room. */
  agent_name?: string;
  /** What the dispatch handed to the job. */
  dispatch_metadata?: string;
  /** Who was in the room beside this agent, in the order in which the agent saw them. */
  participants?: Participant[];
  /** What the agent's own code says of the session. */
  attributes?: { [key: string]: JsonValue };
  /**
   * What each model was used for, as LiveKit counts it, requests that came to nothing included.
   * Of a session that is open, or was recovered, as it was at most about half a minute before.
   */
  usage?: ModelUsage[];
  /** Versions of what wrote this, e.g. `{ "talktrace": "0.1.0", "@livekit/agents": "1.8.1" }`. */
  software: { [name: string]: string };
}

/** Somebody in the room: a caller, a listener, another agent. */
export interface Participant {
  /** LiveKit's identity. Telephone numbers in it are masked unless the agent opts in to them. */
  identity: string;
  /** LiveKit's id of this participant in this room, e.g. `PA_...`. */
  id?: string;
  /** `standard`, `sip`, `agent`, `connector`, `ingress`, `egress`, `bridge`, or a newer kind's number. */
  kind: string;
  name?: string;
  /** Whether this is, or was, the one that the session listens to. */
  linked?: true;
  /** When the agent first saw the participant in the room. */
  joined_at?: Timestamp;
  left_at?: Timestamp;
  /** LiveKit's reason, e.g. `client_initiated`. */
  left_reason?: string;
  /**
   * Of a telephone call, by LiveKit's names: `sip.callID`, `sip.trunkID`, `sip.ruleID`, ... The
   * numbers, `sip.phoneNumber` and `sip.trunkPhoneNumber`, only where the agent opts in to them.
   */
  sip?: { [attribute: string]: string };
}

/** What could not be kept, counted. All zero is the normal case. */
export interface Integrity {
  /** Messages, amendments and events that never reached the disk. */
  dropped: number;
  /** Journal lines found damaged by a recovery. */
  damaged_lines: number;
  /**
   * Messages, amendments and events that were acknowledged from memory, because the disk refused
   * them or was slow. They are in the record; the end of the process would have cost them.
   *
   * @asType integer
   * @minimum 1
   */
  deferred?: number;
  /**
   * Of a conversation that is open, the number of the last journal line that is in it. By that a
   * recovery knows whether the journal has lost lines, or somebody has changed the file.
   *
   * @asType integer
   * @minimum 0
   */
  line?: number;
}
