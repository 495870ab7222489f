/** TalkTrace: records what a LiveKit voice agent hears and says. */
export {
  type CompletedConversation,
  type EventUnderReview,
  type MessageUnderReview,
  type Observation,
  type ObserveOptions,
  type OnComplete,
  type OwnEvents,
  observe,
} from "./livekit/index.js";
export { type Telemetry, type TelemetryOptions, startTelemetry } from "./livekit/index.js";
export { ConversationExporter, type ConversationExporterOptions } from "../otel/index.js";
export { openStore, recoverBesideCalls as recoverConversations } from "./store/index.js";
