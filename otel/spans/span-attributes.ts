import type { Attributes } from "@opentelemetry/api";
import type {
  Latency,
  MessageAudio,
  SessionAmendment,
  SessionStart,
  Word,
} from "../../src/record/index.js";
import { ATTR, ATTRIBUTE_PREFIX, RECORD, SOFTWARE_PREFIX, latencyMarkKey } from "./attributes.js";
import type { EpochMs, SpeechService } from "./span-data.js";

/**
 * Each fact is one attribute, because a provider may limit an attribute's length and cut JSON cannot be
 * read.
 */
export function sessionAttributes(session: Omit<SessionStart, "trace_id">): Attributes {
  const versions = Object.entries(session.software).map(([name, version]) => [
    SOFTWARE_PREFIX + name,
    version,
  ]);
  return {
    ...defined({
      [ATTR.sessionStart]: session.started_at,
      [ATTR.room]: session.room,
      [ATTR.job]: session.job,
      [ATTR.roomId]: session.room_id,
      [ATTR.firstAgent]: session.agent,
      [ATTR.agentName]: session.agent_name,
      [ATTR.dispatchMetadata]: session.dispatch_metadata,
      [ATTR.demo]: session.demo,
      [ATTR.livekitJob]: session.job,
      [ATTR.livekitAgentName]: session.agent_name,
    }),
    ...ownAttributes(session.attributes),
    ...(Object.fromEntries(versions) as Attributes),
  };
}

/** Facts about a session. There is one participant at most, so that no attribute is long. */
export function amendmentAttributes(amendment: SessionAmendment): Attributes {
  const [participant] = amendment.participants ?? [];
  return {
    ...defined({
      [ATTR.room]: amendment.room,
      [ATTR.roomId]: amendment.room_id,
      [ATTR.dispatchMetadata]: amendment.dispatch_metadata,
      [ATTR.usage]: amendment.usage && JSON.stringify(amendment.usage),
      [ATTR.participant]: participant && JSON.stringify(participant),
      [ATTR.participantId]: participant?.id,
      // Written as on LiveKit's own spans.
      [ATTR.participantKind]: participant?.kind.toUpperCase(),
    }),
    ...participant?.sip,
    ...ownAttributes(amendment.attributes),
  };
}

/** Attributes from the agent's own code: together for the record, and one by one for searches. */
function ownAttributes(own: SessionStart["attributes"]): Attributes {
  if (own === undefined || Object.keys(own).length === 0) return {};
  const single = Object.entries(own).map(([name, value]) => [
    ATTRIBUTE_PREFIX + name,
    typeof value === "object" ? JSON.stringify(value) : value,
  ]);
  return {
    [ATTR.attributes]: JSON.stringify(own),
    ...(Object.fromEntries(single) as Attributes),
  };
}

/** Source, operation and provider. The model and the gateway are plain keys of the message. */
export function serviceAttributes(
  service: SpeechService,
  operation: string | undefined,
): Attributes {
  return {
    [ATTR.source]: service.source,
    ...defined({
      [ATTR.operation]: operation,
      [ATTR.provider]: service.provider,
    }),
  };
}

export function messageAttributes(message: {
  id: string;
  turnId: string;
  role: "user" | "agent";
  content: string;
  timestampMs: EpochMs;
}): Attributes {
  const { role, content } = message;
  const isUser = role === "user";
  return {
    [ATTR.role]: role,
    [ATTR.content]: content,
    [isUser ? ATTR.inputMessages : ATTR.outputMessages]: toChat(
      isUser ? "user" : "assistant",
      content,
    ),
    [ATTR.record]: RECORD.message,
    [ATTR.messageId]: message.id,
    [ATTR.turnId]: message.turnId,
    [ATTR.timestamp]: message.timestampMs,
  };
}

/** One message in the form of OpenTelemetry's GenAI conventions. */
export function toChat(role: "user" | "assistant", content: string): string {
  const isOutput = role === "assistant";
  const message = { role, parts: [{ type: "text", content }] };
  return JSON.stringify([isOutput ? { ...message, finish_reason: "stop" } : message]);
}

export function latencyAttributes(latency: Latency | undefined): Attributes {
  if (latency === undefined) return {};
  const attributes: Attributes = { [ATTR.latencyOrigin]: latency.origin };
  for (const [mark, seconds] of Object.entries(latency.marks)) {
    attributes[latencyMarkKey(mark)] = seconds;
  }
  return {
    ...attributes,
    ...defined({
      [ATTR.e2e]: latency.e2e_s,
      [ATTR.speechEndBy]: latency.speech_end_by,
      [ATTR.toolRounds]: latency.tool_rounds && JSON.stringify(latency.tool_rounds),
    }),
  };
}

export function wordAttributes(words: readonly Word[] | undefined): Attributes {
  return words === undefined ? {} : { [ATTR.words]: JSON.stringify(words) };
}

export function audioAttributes(audio: Partial<MessageAudio>): Attributes {
  return defined({
    [ATTR.audioDuration]: audio.duration_s,
    [ATTR.audioLevel]: audio.level_dbfs,
    [ATTR.audioPeak]: audio.peak_dbfs,
    [ATTR.audioClipped]: audio.clipped_share,
    [ATTR.audioSnr]: audio.snr_db,
    [ATTR.audioGaps]: audio.gaps,
    [ATTR.audioGapLength]: audio.gap_s,
  });
}

/** Leaves out undefined values, because OpenTelemetry would warn about them. */
export function defined(attributes: {
  [key: string]: string | number | boolean | undefined;
}): Attributes {
  const present: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) present[key] = value;
  }
  return present;
}
