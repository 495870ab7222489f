/** Spans: how a conversation is written as spans, and the exporter that makes a record of them. */
export * from "./attributes.js";
export {
  ConversationExporter,
  type ConversationExporterOptions,
  flushConversations,
  flushRecords,
  hasConversationExporter,
} from "./conversation-exporter.js";
export {
  type Afterthought,
  type ConversationEnd,
  type ConversationSpans,
  type EpochMs,
  type OpenSpan,
  type Playout,
  type SoundQuality,
  type SpeechService,
  type SpokenEvent,
  type Synthesis,
  type TextMessage,
  type Transcript,
  startConversation,
} from "./conversation-spans.js";
export {
  type ConversationMetrics,
  type ConversationMetricsOptions,
  createConversationMetrics,
} from "./conversation-metrics.js";
export { METRIC, METRIC_ATTR, type MetricDefinition } from "./metric-definitions.js";
export { type DurableForwarderOptions, createDurableForwarder } from "./durable-forwarder.js";
export { type OtlpSender, type Verdict, createOtlpSender } from "./otlp-sender.js";
export { SPOOL_LIMITS, type SpoolLimits } from "./spool/limits.js";
export {
  FORWARDER_LIMITS,
  atMost,
  type Forwarder,
  type ForwarderCounts,
  type SpanForwarder,
} from "./forwarder.js";
export { type MemoryForwarderOptions, createMemoryForwarder } from "./memory-forwarder.js";
export {
  type OpenTelemetry,
  type OpenTelemetryOptions,
  hasTracerProvider,
  startOpenTelemetry,
} from "./bootstrap.js";
export {
  DEFAULT_OTLP_ENDPOINT,
  type MetricSettings,
  type TelemetrySettings,
  readTelemetrySettings,
} from "./settings.js";
export { type SpanNames, nameByWords, putWordsInNames } from "./span-names.js";
