/**
 * Every metric of TalkTrace, in one place. Names with `gen_ai.` are from the OpenTelemetry GenAI
 * conventions. Others begin with `talktrace.`. Units are UCUM.
 */
export interface MetricDefinition {
  name: string;
  kind: "histogram" | "counter" | "open_counter" | "observed_counter" | "observed_gauge";
  unit: string;
  description: string;
  /** The keys of its attributes. Each has few values. */
  attributes: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  boundaries?: readonly number[];
}

/** The buckets are finest where people notice a wait: between a third of a second and two seconds. */
const WAIT_BOUNDARIES_S = [
  0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 7.5, 10, 30,
] as const;
const STAGE_BOUNDARIES_S = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5,
  10, 30,
] as const;
/** The boundaries of the GenAI conventions. */
const OPERATION_BOUNDARIES_S = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const TOKEN_BOUNDARIES = Array.from({ length: 14 }, (_, index) => 4 ** index);

/** The keys of metrics' attributes, beside those that spans have. */
export const METRIC_ATTR = {
  // On spans these two have their bare names, as in the record. Metric names are shared with other
  // programs, so these have the prefix.
  role: "talktrace.role",
  source: "talktrace.source",
  stage: "talktrace.stage",
  sttModel: "talktrace.stt.model",
  ttsModel: "talktrace.tts.model",
  by: "talktrace.interruption.by",
  tokenType: "gen_ai.token.type",
  errorType: "error.type",
} as const;

const MODELS = ["talktrace.stt.model", "talktrace.llm.model", "talktrace.tts.model"] as const;
const OPERATION = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
] as const;

export const METRIC = {
  wait: {
    name: "talktrace.reply.wait",
    kind: "histogram",
    unit: "s",
    description: "From the end of the user's speech to the first sound of the reply.",
    attributes: ["talktrace.stage.longest", "talktrace.agent", ...MODELS],
    boundaries: WAIT_BOUNDARIES_S,
  },
  stage: {
    name: "talktrace.reply.stage",
    kind: "histogram",
    unit: "s",
    description: "One stage of that wait; the stages of a reply add up to it.",
    attributes: ["talktrace.stage", "talktrace.agent", ...MODELS],
    boundaries: STAGE_BOUNDARIES_S,
  },
  yield: {
    name: "talktrace.interruption.yield",
    kind: "histogram",
    unit: "s",
    description: "From the first sound of the user who cuts the agent off to the agent's last.",
    attributes: ["talktrace.agent"],
    boundaries: STAGE_BOUNDARIES_S,
  },
  messages: {
    name: "talktrace.messages",
    kind: "counter",
    unit: "{message}",
    description: "Messages of the record; the agent's once it is known what was heard of them.",
    attributes: ["talktrace.role", "talktrace.source", "talktrace.delivery", "talktrace.agent"],
  },
  unspoken: {
    name: "talktrace.messages.unspoken",
    kind: "counter",
    unit: "{message}",
    description: "Syntheses that the caller never heard anything of.",
    attributes: ["talktrace.source", "talktrace.unspoken.reason"],
  },
  speech: {
    name: "talktrace.speech",
    kind: "counter",
    unit: "s",
    description: "Speech that was audible.",
    attributes: ["talktrace.role"],
  },
  interruptions: {
    name: "talktrace.interruptions",
    kind: "counter",
    unit: "{interruption}",
    description: "Times that one side cut in on the other; the agent's are counted at the end.",
    attributes: ["talktrace.interruption.by"],
  },
  backchannels: {
    name: "talktrace.backchannels",
    kind: "counter",
    unit: "{message}",
    description: "Short words of the user that let the agent go on; counted at the end.",
    attributes: [],
  },
  conversations: {
    name: "talktrace.conversations",
    kind: "counter",
    unit: "{conversation}",
    description: "Conversations that ended.",
    attributes: ["talktrace.session.close_reason"],
  },
  open: {
    name: "talktrace.conversations.open",
    kind: "open_counter",
    unit: "{conversation}",
    description: "Conversations that are being held.",
    attributes: [],
  },
  recordLost: {
    name: "talktrace.record.lost",
    kind: "observed_counter",
    unit: "{entry}",
    description: "Messages, amendments and events that never reached the disk.",
    attributes: [],
  },
  spansSent: {
    name: "talktrace.spans.sent",
    kind: "observed_counter",
    unit: "{span}",
    description: "Spans that the endpoint has taken.",
    attributes: [],
  },
  spansDropped: {
    name: "talktrace.spans.dropped",
    kind: "observed_counter",
    unit: "{span}",
    description: "Spans that were given up: too old, no room, refused, damaged.",
    attributes: [],
  },
  spansWaiting: {
    name: "talktrace.spans.waiting",
    kind: "observed_gauge",
    unit: "{span}",
    description: "Spans that wait on disk for their endpoint.",
    attributes: [],
  },
  operation: {
    name: "gen_ai.client.operation.duration",
    kind: "histogram",
    unit: "s",
    description: "How long a request to the LLM (`chat`) or a synthesis took.",
    attributes: [...OPERATION, "error.type"],
    boundaries: OPERATION_BOUNDARIES_S,
  },
  firstChunk: {
    name: "gen_ai.client.operation.time_to_first_chunk",
    kind: "histogram",
    unit: "s",
    description:
      "From a request to the LLM to the first piece of its answer, as LiveKit measures it.",
    attributes: OPERATION,
    boundaries: OPERATION_BOUNDARIES_S,
  },
  tokens: {
    name: "gen_ai.client.token.usage",
    kind: "histogram",
    unit: "{token}",
    description: "Tokens of one request to the LLM.",
    attributes: [...OPERATION, "gen_ai.token.type"],
    boundaries: TOKEN_BOUNDARIES,
  },
} as const satisfies { [name: string]: MetricDefinition };
