/** Observes a LiveKit `AgentSession`: what it hears, what it says, and what the caller heard of it. */
export { type Observation, type ObserveOptions, type OwnEvents, observe } from "./observe.js";
export type { CompletedConversation, OnComplete } from "./on-complete.js";
export type { EventUnderReview, MessageUnderReview } from "./redaction/review-decisions.js";
export { type Telemetry, type TelemetryOptions, startTelemetry } from "./telemetry.js";
