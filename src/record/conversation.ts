/**
 * The record: what one conversation file holds, format version 2.
 *
 * These types are the contract between the write side (spans -> store) and every reader.
 * `docs/conversation.schema.json` is generated from them and a test holds the two equal.
 *
 * Tags such as `@pattern` go into the schema.
 *
 * Units: keys ending in `_s` are seconds. Timestamps are ISO 8601 with microseconds and a
 * numeric offset, e.g. `2025-08-18T14:30:22.123456+05:30`.
 */

import type { ImportedFrom } from "./imported-from.js";
import type { Latency } from "./latency.js";
import type { Metrics, ModelUsage } from "./metrics.js";

/** The version of the format that this code writes. */
export const CONVERSATION_FORMAT = 2;

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
  format: 2;
  /** The messages, in `timestamp` order; equal timestamps are ordered by `seq`. */
  conversation: Message[];
  /** Generations of the agent that never reached the caller. */
  unspoken: UnspokenMessage[];
  /** Events beside the speech: tool calls, handoffs, errors, in `timestamp` order. */
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

/**
 * A word and when it was heard. Times of both sides are on one clock: seconds from the session's
 * `started_at`. A heard word lies between its message's `started_at` and `ended_at`, to 0.002 s.
 */
export interface Word {
  text: string;
  /** When it began. */
  at_s: number;
  /** When it ended. */
  until_s: number;
  /**
   * The caller did not hear this word of a reply that was cut off. Its times are those at which it would
   * have been heard if the playback had gone on.
   */
  heard?: false;
}

/** The keys of every message. The format began with the first four. */
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
   * - `<provider>_stt` or `<provider>_tts`, e.g. `deepgram_stt`.
   * - `text_input`: typed by the user.
   * - `text_output`: shown by the agent, and not spoken.
   * - `audio_output`: speech that the agent played from ready audio.
   * - `custom_stt`, `custom_tts`: the agent's own `sttNode` or `ttsNode`, without a service that
   *   LiveKit knows of.
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
  /** The turn this message belongs to: `t_1`, `t_2`, ... A reply has the turn that it answers. */
  turn_id: string;
  /** When the speech began to be audible. */
  started_at?: Timestamp;
  /** When the speech stopped being audible. */
  ended_at?: Timestamp;
  /** The span of this message, 32 and 16 lower-case hex digits. */
  trace_id?: string;
  span_id?: string;
  /** BCP 47 tag as the provider reports it, e.g. `en`, `hi`. */
  language?: string;
  /** The model that transcribed or spoke it, e.g. `nova-3`, `sonic-3`. */
  model?: string;
  /** The service through which the provider was reached, e.g. `livekit_inference`. */
  gateway?: string;
  /**
   * The provider's word times, moved to the session's clock. They are missing if it is not known when the
   * words were heard:
   *
   * - A user message without `started_at`.
   * - An agent message whose playback has not ended, or that was never played.
   */
  words?: Word[];
  audio?: MessageAudio;
  /**
   * The agent's own `reviewMessage` changed the words, or failed and they were withheld. Such a message
   * has no word times.
   */
  redacted?: true;
}

/**
 * The audio of a message. Levels are measured in speech alone, without the pauses. A figure that could
 * not be measured is missing.
 */
export interface MessageAudio {
  /**
   * - A user message: from the first word to the last, or from the first sound to the last if the
   *   provider gives no word times.
   * - An agent message: all synthesised audio.
   */
  duration_s: number;
  /** How loud the speech is (root mean square), in decibels below full scale: 0 is the loudest. */
  level_dbfs?: number;
  /** The loudest sample, in decibels below full scale. */
  peak_dbfs?: number;
  /** The share of samples at full scale, 0 to 1. Above 0.001 it sounds distorted. */
  clipped_share?: number;
  /**
   * How much louder the speech is than the noise around it, in decibels. At most 96, which is silence
   * in 16-bit audio. Missing if the noise could not be measured alone.
   */
  snr_db?: number;
  /**
   * How often audio was missing.
   *
   * - A user message: frames that did not come.
   * - An agent message: times at which the playback would have run out of audio, if it was played as it
   *   came.
   */
  gaps?: number;
  /** How long audio was missing in total. */
  gap_s?: number;
}

/**
 * What the caller said or typed. Spoken words come from a final transcript, or from interim words that
 * became a turn.
 */
export interface UserMessage extends MessageBase {
  role: "user";
  /** The provider's confidence, 0 to 1. */
  confidence?: number;
  /** Why the agent never used these words; absent if it did. */
  discarded?: DiscardReason;
  /**
   * The words that the agent used instead. The agent's own code changed them, or a realtime model
   * corrected them later.
   */
  taken_as?: string;
  /** Who spoke, if the STT tells speakers apart (diarization): the provider's name, e.g. `S1`. */
  speaker?: string;
  /** The words as they were spoken, if the STT translates. Then `content` is the translation. */
  source_text?: string;
  /** The BCP 47 tag of `source_text`. For several languages it has all their tags, e.g. `es, en`. */
  source_language?: string;
}

/**
 * - `turn_cleared`: the agent called `clearUserTurn()`.
 * - `not_interruptible`: said over speech that may not be interrupted.
 * - `held_back`: LiveKit made no turn of them, e.g. of a "mhm" over the agent's speech.
 * - `stt_node`: the agent's own `sttNode` did not pass them on.
 */
export type DiscardReason = "turn_cleared" | "not_interruptible" | "held_back" | "stt_node";

/**
 * - `pending`: synthesised; it is not known yet what was heard of it.
 * - `full`: heard to the end.
 * - `partial`: cut off; `content` is what was heard, `generated` is the whole text if it is known.
 * - `none`: nothing of it was heard.
 */
export type Delivery = "pending" | "full" | "partial" | "none";

/**
 * How `content` of a `partial` message was found. A `full` or `none` message has it where `played_s`
 * would contradict `delivery`, because there was silence before or after the words.
 *
 * - `word_times`: the provider's word times, compared with the played position.
 * - `livekit_estimate`: LiveKit's estimate by speaking rate. It is used if there are no word times and
 *   the played share of the audio differs from it by one word at most.
 * - `duration_ratio`: the played share of the audio, cut at a whole word. It is used if neither of the
 *   others can be.
 * - `estimate`: what the recorder of an imported call took for heard, without comparison with sound.
 */
export type HeardBy = "word_times" | "livekit_estimate" | "duration_ratio" | "estimate";

/** The keys of a synthesis, whether it was heard or not. */
export interface SynthesisBase extends MessageBase {
  /** The id of the user message that interrupted this one. */
  interrupted_by?: string;
  /** The provider's voice, by id or name, if it is known. */
  voice?: string;
  /** The provider's id of this synthesis (Cartesia: the context id). */
  provider_request_id?: string;
  /** LiveKit's id of the agent that spoke. */
  agent?: string;
  /**
   * The text as it went to synthesis, if it has markup: SSML such as `<break time="500ms"/>`,
   * LiveKit's expressive markers such as `<expr type="sound" label="laugh"/>`, or directions such as
   * `[laughter]`. `content` is the text without markup, which is what a voice says.
   */
  tts_text?: string;
  /** The model that wrote the text, e.g. `gpt-4o-mini`. `model` is the one that spoke it. */
  llm_model?: string;
  latency?: Latency;
}

/** What the agent said, or is about to say. */
export interface AgentMessage extends SynthesisBase {
  role: "agent";
  delivery: Delivery;
  /** The whole text, if it differs from what was heard (`content`). */
  generated?: string;
  /**
   * The text as it was shown (LiveKit's transcript and chat), if it differs from what went to
   * synthesis. Text transforms, a `ttsNode` or a `transcriptionNode` can change it. If a reply was
   * synthesised in parts, the first part has the shown text of all parts.
   */
  shown?: string;
  heard_by?: HeardBy;
  /** How long it was audible, in seconds, without pauses in the middle of it. */
  played_s?: number;
  /**
   * Seconds of audio that the audio output got, if they differ from `audio.duration_s`. The agent's own
   * code, e.g. a `ttsNode`, made the audio shorter or longer.
   */
  output_s?: number;
}

/**
 * - `discarded`: dropped before it was played (e.g. a preemptive generation).
 * - `failed`: the synthesis failed before any audio was played.
 * - `closed`: the session closed before it was played.
 */
export type UnspokenReason = "discarded" | "failed" | "closed";

/** A synthesis of which the caller heard nothing. `content` is the whole text. */
export interface UnspokenMessage extends SynthesisBase {
  role: "agent";
  reason: UnspokenReason;
  error?: string;
}

/** An event beside the speech. */
export interface ConversationEvent {
  /**
   * TalkTrace's own types are `tool_call`, `agent_handoff`, `false_interruption`, `dtmf`,
   * `participant_linked`, `error`, and those below. Any other name is the user's own.
   *
   * - `implausible_figure`: a `figure` of LiveKit, `e2e_s` or `played_s` with an impossible `value`,
   *   which was left out. It was negative, a delay above 60 s, or contradicted what was heard.
   * - `false_interruption`: LiveKit paused a reply, and no words followed. `resumed` tells whether the
   *   reply went on.
   * - `reply_stopped`: the agent's `onUserTurnCompleted` wanted no reply.
   * - `user_away`, `user_returned`: the user was silent until LiveKit stopped waiting, and then came
   *   back.
   * - `transcription_timeout`: `speech_s` seconds of speech gave no words.
   * - `service_switch`: a fallback adapter changed `from` one source `to` another because of `error`.
   *   `message_id` is the message it spoke, if any.
   */
  type: string;
  timestamp: Timestamp;
  /** The turn in which it happened. */
  turn_id?: string;
  span_id?: string;
  /**
   * The data of the type, e.g. a tool's `name`, `arguments` and `output`, and `unfinished` if the tool
   * was cut short.
   */
  data: { [key: string]: JsonValue };
  /** The agent's own `reviewEvent` changed `data`, or failed and `data` was withheld. */
  redacted?: true;
}

export interface Session {
  /** `talktrace.session.id` on the spans. */
  id: string;
  /**
   * - `open`: it is being written, or its process died and nobody has recovered it yet.
   * - `complete`: the session closed normally.
   * - `recovered`: completed from the journal after its process died.
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
  /** LiveKit's id of the agent that opened the session. */
  agent?: string;
  /** The name under which the agent was dispatched; absent if it takes every room. */
  agent_name?: string;
  /** The metadata that the dispatch gave to the job. */
  dispatch_metadata?: string;
  /** Participants in the room beside this agent, in the order in which the agent saw them. */
  participants?: Participant[];
  /** Attributes that the agent's own code gave the session. */
  attributes?: { [key: string]: JsonValue };
  /** A call without a real caller, such as one of TalkTrace's own demo. `latency` leaves it out. */
  demo?: true;
  /**
   * What each model was used for, as LiveKit counts it. It includes requests that gave no result. In an
   * open or recovered session, it is at most about half a minute old.
   */
  usage?: ModelUsage[];
  /**
   * Versions of the software that wrote this, e.g. `{ "talktrace": "0.1.0", "@livekit/agents": "1.8.1"
   * }`.
   */
  software: { [name: string]: string };
  imported_from?: ImportedFrom;
}

/** A participant in the room: a caller, a listener, or another agent. */
export interface Participant {
  /** LiveKit's identity. Telephone numbers in it are masked unless the agent opts in to them. */
  identity: string;
  /** LiveKit's id of this participant in this room, e.g. `PA_...`. */
  id?: string;
  /** `standard`, `sip`, `agent`, `connector`, `ingress`, `egress`, `bridge`, or a newer kind's number. */
  kind: string;
  name?: string;
  /** True if the session listens, or listened, to this participant. */
  linked?: true;
  /** When the agent first saw the participant in the room. */
  joined_at?: Timestamp;
  left_at?: Timestamp;
  /** LiveKit's reason, e.g. `client_initiated`. */
  left_reason?: string;
  /**
   * Attributes of a telephone call, by LiveKit's names: `sip.callID`, `sip.trunkID`, `sip.ruleID`, ...
   * The numbers `sip.phoneNumber` and `sip.trunkPhoneNumber` are there only if the agent opts in to
   * them.
   */
  sip?: { [attribute: string]: string };
}

/** Counts of what could not be kept. Normally all are zero. */
export interface Integrity {
  /** Messages, amendments and events that never reached the disk. */
  dropped: number;
  /** Journal lines found damaged by a recovery. */
  damaged_lines: number;
  /**
   * Messages, amendments and events that were acknowledged from memory, because the disk refused them
   * or was slow. They are in the record now, but a crash at that time would have lost them.
   *
   * @asType integer
   * @minimum 1
   */
  deferred?: number;
  /**
   * In an open conversation, the number of the last journal line that the file includes. From it a
   * recovery knows whether the journal has lost lines, or somebody has changed the file.
   *
   * @asType integer
   * @minimum 0
   */
  line?: number;
}
