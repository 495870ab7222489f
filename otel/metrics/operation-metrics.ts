import { type Attributes, SpanStatusCode } from "@opentelemetry/api";
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { ATTR, RECORD } from "../spans/attributes.js";
import { METRIC_ATTR } from "./metric-definitions.js";
import type { MetricInstruments } from "./metric-instruments.js";

/** LiveKit's span of one request to an LLM. Tool rounds and discarded answers have one too. */
const LIVEKIT_REQUEST = "llm_request";
/** In seconds, as in the GenAI conventions. */
const LIVEKIT_FIRST_CHUNK_S = "gen_ai.response.time_to_first_chunk";
/** A wait that is longer, or negative, was measured from a wrong moment. */
const LONGEST_WAIT_S = 60;

export function isLlmRequest({ name, attributes }: ReadableSpan): boolean {
  return name === LIVEKIT_REQUEST && attributes[ATTR.record] !== RECORD.message;
}

/** Counts one of LiveKit's requests to the LLM: its duration, the time to its first chunk, its tokens. */
export function countLlmRequest(instruments: MetricInstruments, span: ReadableSpan): void {
  const { attributes } = span;
  const operation = countOperation(instruments, span);
  const at = span.spanContext();
  const firstChunkS = attributes[LIVEKIT_FIRST_CHUNK_S];
  if (typeof firstChunkS === "number" && firstChunkS >= 0 && firstChunkS <= LONGEST_WAIT_S)
    instruments.record("firstChunk", firstChunkS, operation, at);
  for (const type of ["input", "output"]) {
    const tokens = attributes[`gen_ai.usage.${type}_tokens`];
    if (typeof tokens === "number" && tokens > 0)
      instruments.record("tokens", tokens, { ...operation, [METRIC_ATTR.tokenType]: type }, at);
  }
}

/** Counts the duration of one operation of a model. Returns the attributes that name the operation. */
export function countOperation(instruments: MetricInstruments, span: ReadableSpan): Attributes {
  const { attributes, startTime, endTime, status } = span;
  const operation = pick(attributes, [ATTR.operation, ATTR.provider, ATTR.model]);
  const error = status.code === SpanStatusCode.ERROR ? { [METRIC_ATTR.errorType]: "_OTHER" } : {};
  const durationS = (hrTimeToMilliseconds(endTime) - hrTimeToMilliseconds(startTime)) / 1000;
  instruments.record("operation", durationS, { ...operation, ...error }, span.spanContext());
  return operation;
}

function pick(attributes: Attributes, keys: readonly string[]): Attributes {
  return Object.fromEntries(keys.map((key) => [key, attributes[key]]));
}
