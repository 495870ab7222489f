import type { Attributes } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from "@opentelemetry/semantic-conventions";
import {
  type ModelUsage,
  type Participant,
  type SessionAmendment,
  type SessionEnd,
  type SessionStart,
  toTimestamp,
} from "../../src/record/index.js";
import { ATTR, SOFTWARE_PREFIX } from "./attributes.js";
import { parseUncut } from "./plain-attributes.js";
import { need, number, present, text } from "./read-attributes.js";

/** How a session began. */
export function decodeSession(span: ReadableSpan): SessionStart {
  const { attributes } = span;
  const software = Object.entries(attributes).flatMap(([key, value]) =>
    key.startsWith(SOFTWARE_PREFIX) ? [[key.slice(SOFTWARE_PREFIX.length), String(value)]] : [],
  );
  return {
    id: need(attributes, ATTR.sessionId),
    started_at: need(attributes, ATTR.sessionStart),
    trace_id: span.spanContext().traceId,
    ...present("room", text(attributes, ATTR.room)),
    ...present("job", text(attributes, ATTR.job)),
    ...present("room_id", text(attributes, ATTR.roomId)),
    ...present("agent", text(attributes, ATTR.firstAgent)),
    ...present("agent_name", text(attributes, ATTR.agentName)),
    ...present("dispatch_metadata", text(attributes, ATTR.dispatchMetadata)),
    ...present("attributes", decodeOwnAttributes(attributes)),
    ...present("demo", attributes[ATTR.demo] === true ? true : undefined),
    software: {
      ...(Object.fromEntries(software) as SessionStart["software"]),
      ...decodeService(span),
    },
  };
}

/** The agent's own version, if its OpenTelemetry resource has one. */
function decodeService({ resource }: ReadableSpan): { [name: string]: string } {
  const { [ATTR_SERVICE_NAME]: name, [ATTR_SERVICE_VERSION]: version } = resource.attributes;
  return typeof name === "string" && typeof version === "string" ? { [name]: version } : {};
}

/** What was learned of a session while it ran. */
export function decodeAmendment(attributes: Attributes): SessionAmendment {
  const participant = text(attributes, ATTR.participant);
  const found = participant === undefined ? undefined : parseUncut(participant);
  return {
    ...present("room", text(attributes, ATTR.room)),
    ...present("room_id", text(attributes, ATTR.roomId)),
    ...present("dispatch_metadata", text(attributes, ATTR.dispatchMetadata)),
    ...(found === undefined ? {} : { participants: [found as Participant] }),
    ...present("attributes", decodeOwnAttributes(attributes)),
    ...present("usage", decodeUsage(attributes)),
  };
}

function decodeUsage(attributes: Attributes): ModelUsage[] | undefined {
  const usage = text(attributes, ATTR.usage);
  return usage === undefined ? undefined : (parseUncut(usage) as ModelUsage[] | undefined);
}

function decodeOwnAttributes(attributes: Attributes): SessionStart["attributes"] {
  const own = text(attributes, ATTR.attributes);
  return own === undefined ? undefined : (parseUncut(own) as SessionStart["attributes"]);
}

/** @throws {TypeError} where the time is missing */
export function decodeEnd(attributes: Attributes): SessionEnd {
  const endedMs = number(attributes, ATTR.endedAt);
  if (endedMs === undefined)
    throw new TypeError(`Cannot read span: attribute "${ATTR.endedAt}" is missing`);
  return {
    ended_at: toTimestamp(endedMs),
    ...present("close_reason", text(attributes, ATTR.closeReason)),
    ...present("usage", decodeUsage(attributes)),
  };
}
