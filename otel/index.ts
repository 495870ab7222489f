/** Spans: how a conversation is written as spans, and the exporter that makes a record from them. */
export * from "./spans/attributes.js";
export {
  ConversationExporter,
  type ConversationExporterOptions,
  flushConversations,
  flushRecords,
  hasConversationExporter,
  recordSpan,
} from "./conversation-exporter.js";
export { type LineFields, type PrintLine } from "./conversation-lines.js";
export {
  type ConversationOptions,
  type ConversationSpans,
  startConversation,
} from "./spans/conversation-spans.js";
export { readOwnVersion, withoutTracing } from "./spans/without-tracing.js";
export { type OpenSpan } from "./spans/open-span.js";
export {
  type LateAmendment,
  type ConversationEnd,
  type EpochMs,
  type Playout,
  type SoundQuality,
  type SpeechService,
  type EventData,
  type Synthesis,
  type TextMessage,
  type Transcript,
} from "./spans/span-data.js";
export {
  type ConversationMetrics,
  type ConversationMetricsOptions,
  createConversationMetrics,
} from "./metrics/conversation-metrics.js";
export { METRIC, METRIC_ATTR, type MetricDefinition } from "./metrics/metric-definitions.js";
export {
  type DurableForwarderOptions,
  createDurableForwarder,
} from "./forward/durable-forwarder.js";
export {
  type OtlpProtocol,
  type OtlpSender,
  type OtlpSenderOptions,
  type OtlpSignal,
  MAX_RETRY_AFTER_MS,
  type Verdict,
  createOtlpSender,
} from "./forward/otlp-sender.js";
export { SPOOL_LIMITS, type SpoolLimits } from "./spool/limits.js";
export { removeOldSpoolFiles } from "./spool/remove-old.js";
export {
  FORWARDER_LIMITS,
  type Forwarder,
  type ForwarderCounts,
  type SpanForwarder,
} from "./forward/forwarder.js";
export { atMost } from "../src/platform/at-most.js";
export { type MemoryForwarderOptions, createMemoryForwarder } from "./forward/memory-forwarder.js";
export {
  type OpenTelemetry,
  type OpenTelemetryOptions,
  hasTracerProvider,
  startOpenTelemetry,
} from "./bootstrap.js";
export { DEFAULT_OTLP_ENDPOINT, type MetricSettings } from "./otlp-settings.js";
export { readYesOrNo } from "./read-variable.js";
export { type TelemetrySettings, readTelemetrySettings, spoolDirectoryOf } from "./settings.js";
export { reportUnknownVariables } from "./own-variables.js";
export { type SendReport, sendWaiting } from "./send-waiting.js";
export { type SpanNames, nameByWords, putWordsInNames } from "./forward/words-in-names.js";
