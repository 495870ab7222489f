import { MESSAGE_FIELDS } from "../../src/record/message-fields.js";

/**
 * Every span name and attribute key that TalkTrace writes, in one place. Only keys that are one
 * attribute of a message are in the table `src/record/message-fields.ts`.
 *
 * - `role`, `content` and `source` are literal, because people search for them in Jaeger.
 * - Keys with `gen_ai.` are from the OpenTelemetry GenAI conventions. Jaeger's GenAI tab shows the
 *   words in `gen_ai.input.messages` and `gen_ai.output.messages`.
 * - All other keys begin with `talktrace.`.
 */

/** The instrumentation scope of TalkTrace's spans. */
export const TRACER_NAME = "talktrace";

export const SPAN = {
  /** Begins a conversation. It ends at once, so that a live call can be looked at. */
  conversation: "conversation",
  /** From the start of speech to its final transcript. The model's name follows. */
  speechToText: "speech_to_text",
  /** From the first text to the last audio byte. The model's name follows. */
  textToSpeech: "text_to_speech",
  /** From the first to the last sound that was heard of one synthesis. */
  playout: "playout",
  /** From the end of the user's speech to the first sound of the answer, with an event for each mark. */
  waitForReply: "wait_for_reply",
  /** Text that passed no speech service. */
  textInput: "text_input",
  textOutput: "text_output",
  /** Later facts about a message: how it was shown, taken or discarded. */
  amendment: "amendment",
  /** A synthesis that was given up after it had ended. */
  unspoken: "unspoken",
  /** Facts that became known about the session. */
  participantJoined: "participant_joined",
  participantChanged: "participant_changed",
  participantLeft: "participant_left",
  sessionAmended: "session_amended",
  /** Ends a conversation. */
  conversationEnd: "conversation_end",
} as const;

export const ATTR = {
  role: "role",
  content: "content",
  source: "source",

  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  model: MESSAGE_FIELDS.model.attribute,
  conversationId: "gen_ai.conversation.id",
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  outputType: "gen_ai.output.type",

  /** What the exporter does with the span: a value of `RECORD`. A span without it is only forwarded. */
  record: "talktrace.record",
  /** The `session.id` of the record. */
  sessionId: "talktrace.session.id",
  /** On `conversation`, with `talktrace.software.<name>`. */
  sessionStart: "talktrace.session.started_at",
  room: "talktrace.session.room",
  job: "talktrace.session.job",
  roomId: "talktrace.session.room_id",
  firstAgent: "talktrace.session.agent",
  agentName: "talktrace.session.agent_name",
  dispatchMetadata: "talktrace.session.dispatch_metadata",
  demo: "talktrace.session.demo",
  /** The same facts under LiveKit's own names, as its spans have them. */
  livekitJob: "lk.job_id",
  livekitAgentName: "lk.agent_name",
  participantId: "lk.participant_id",
  participantKind: "lk.participant_kind",
  /** JSON of one `Participant`. Each of its `sip.` attributes is on the span too, by LiveKit's own name. */
  participant: "talktrace.participant",
  /** JSON of a session's own attributes. Each one is on the span too, as `talktrace.attribute.<name>`. */
  attributes: "talktrace.attributes",
  /** On a message or an event: true if the agent's own code changed or withheld it. */
  redacted: MESSAGE_FIELDS.redacted.attribute,
  closeReason: "talktrace.session.close_reason",
  /** On `conversation_end`: JSON of `ModelUsage[]`. */
  usage: "talktrace.session.usage",
  /** The path of the record, on every span except the first. */
  file: "talktrace.file",
  messageId: "talktrace.message.id",
  turnId: "talktrace.turn.id",
  /** The message's `timestamp` in epoch milliseconds (with fraction). */
  timestamp: "talktrace.timestamp_ms",
  startedAt: "talktrace.started_at_ms",
  endedAt: "talktrace.ended_at_ms",
  /**
   * On a user's message and on `playout`: the words as JSON, in seconds from the session's start. A
   * synthesis has none, because it is not known yet when its words will be heard.
   */
  words: "talktrace.words",
  audioDuration: "talktrace.audio.duration_s",
  audioLevel: "talktrace.audio.level_dbfs",
  audioPeak: "talktrace.audio.peak_dbfs",
  audioClipped: "talktrace.audio.clipped_share",
  audioSnr: "talktrace.audio.snr_db",
  audioGaps: "talktrace.audio.gaps",
  audioGapLength: "talktrace.audio.gap_s",
  agent: MESSAGE_FIELDS.agent.attribute,
  /** On a synthesis: the model that wrote its text. */
  llmModel: MESSAGE_FIELDS.llm_model.attribute,
  /** On a user message: the agent message that it interrupted. */
  interrupts: "talktrace.interrupts",
  delivery: MESSAGE_FIELDS.delivery.attribute,
  /** On `playout`: what the caller heard. */
  heard: "talktrace.heard",
  /** On `playout`: the mark that is 0. Each mark is `talktrace.latency.<mark>_s`. */
  latencyOrigin: "talktrace.latency.origin",
  e2e: "talktrace.latency.e2e_s",
  speechEndBy: "talktrace.latency.speech_end_by",
  /** The rounds of tools as JSON, if there were several. */
  toolRounds: "talktrace.latency.tool_rounds",
  /** On `wait_for_reply`: the longest stage. It is also on metrics, so that a figure leads to spans. */
  longestStage: "talktrace.stage.longest",
  /** On an event of `wait_for_reply`: seconds since the end of the user's speech. */
  after: "talktrace.after_s",
  unspokenReason: "talktrace.unspoken.reason",
  error: "talktrace.error",
  /** True on a span that was open when its process died. It ends at the process's last sign of life. */
  recovered: "talktrace.recovered",
  /** On an event's span: its type, and its data as JSON. */
  eventType: "talktrace.event.type",
  eventData: "talktrace.event.data",
} as const;

/** The key of one latency mark on a `playout` span, in seconds from the origin. */
export function latencyMarkKey(mark: string): string {
  return `talktrace.latency.${mark}_s`;
}

/** The prefix of each attribute that the agent's own code gives a session. */
export const ATTRIBUTE_PREFIX = "talktrace.attribute.";

/** The prefix of each software whose version is recorded. */
export const SOFTWARE_PREFIX = "talktrace.software.";

/** The values of `talktrace.record`. */
export const RECORD = {
  open: "open",
  message: "message",
  playout: "playout",
  unspoken: "unspoken",
  amendment: "amendment",
  event: "event",
  session: "session",
  close: "close",
} as const;

/** `gen_ai.operation.name` on the spans of a speech service. */
export const OPERATION = {
  speechToText: "speech_to_text",
  textToSpeech: "text_to_speech",
} as const;
