import { randomUUID } from "node:crypto";
import {
  type voice,
  Plugin,
  getJobContext,
  telemetry as livekitTelemetry,
  version as livekitVersion,
} from "@livekit/agents";
import type { Room } from "@livekit/rtc-node";
import { type Tracer, context } from "@opentelemetry/api";
import {
  type ConversationSpans,
  readOwnVersion,
  recordSpan,
  startConversation,
} from "../../otel/index.js";
import { type SessionStart, parseTimestamp, toTimestamp } from "../record/index.js";
import type { Guard } from "./instrumentation/guard.js";
import { runningContextOf } from "./livekit-facts/active-span.js";
import type { Clock } from "./livekit-facts/clock.js";
import { isOfOwnCopy } from "./livekit-facts/livekit-copies.js";
import { currentAgentOf } from "./livekit-facts/session-models.js";
import { learnNumbers } from "./redaction/masked-participant.js";
import type { PhoneNumbers } from "./redaction/phone-numbers.js";
import type { Review } from "./redaction/review-decisions.js";
import { reviewSpans } from "./redaction/review-spans.js";
import type { SessionNames } from "./redaction/session-names.js";

/** What is known about a session before it starts. */
export interface StartOptions {
  /** Attributes that the agent's own code has set already. */
  attributes: SessionStart["attributes"];
  /** Whether the call has no real caller. */
  isDemo: boolean;
  /** The agent that the session starts with, if it is known before. */
  firstAgent: voice.Agent | undefined;
  /** The room of the session, if it is known before. */
  room: Room | undefined;
  numbers: PhoneNumbers;
  review: Review;
  guard: Guard;
}

interface RecordParts extends StartOptions {
  clock: Clock;
  names: SessionNames;
  /** The path of a session's record; undefined if the user's own exporter writes it. */
  path(sessionId: string): string | undefined;
  tracer: Tracer;
}

/** Begins the record of a session. Its file and its trace exist from here on. */
export function startRecord(
  session: voice.AgentSession,
  parts: RecordParts,
): {
  sessionId: string;
  /** The session's `started_at`, in epoch milliseconds. */
  startedMs: number;
  spans: ConversationSpans;
} {
  const { room, guard, clock, numbers, path, tracer } = parts;
  guard.run("looked for numbers", () => {
    if (room !== undefined) learnNumbers(room, numbers);
  });
  const start = describeStart(session, parts);
  const written = startConversation(
    tracer,
    start,
    findConversationId() ?? start.id,
    clock.now(),
    runningContextOf(session) ?? context.active(),
    { findFile: () => path(start.id), record: recordSpan },
  );
  return {
    sessionId: start.id,
    startedMs: parseTimestamp(start.started_at),
    spans: reviewSpans(written, parts.review),
  };
}

function describeStart(
  session: voice.AgentSession,
  { attributes, isDemo, firstAgent, guard, clock, names }: RecordParts,
): Omit<SessionStart, "trace_id"> {
  const job = getJobContext(false);
  // An agent may override `id` with code of its own.
  const agent = guard.run(
    "asked an agent for its id",
    () => (firstAgent ?? currentAgentOf(session))?.id,
  );
  return {
    id: randomUUID(),
    started_at: toTimestamp(clock.now()),
    // The room object knows its name only once it is connected, which the session does later.
    ...(job?.job.room?.name ? { room: names.mask("room", job.job.room.name) } : {}),
    ...(job === undefined ? {} : { job: job.job.id }),
    ...(job?.job.agentName ? { agent_name: job.job.agentName } : {}),
    ...(job?.job.metadata
      ? { dispatch_metadata: names.mask("dispatch_metadata", job.job.metadata) }
      : {}),
    ...(attributes === undefined ? {} : { attributes }),
    ...(isDemo ? { demo: true } : {}),
    ...(agent === undefined ? {} : { agent }),
    software: {
      talktrace: readOwnVersion(),
      // Another copy of LiveKit has its own version and plugins, which cannot be read.
      ...(isOfOwnCopy(session) ? describeLivekit() : {}),
      node: process.versions.node,
    },
  };
}

function describeLivekit(): { [name: string]: string } {
  const plugins = Plugin.registeredPlugins.map((plugin) => [plugin.package, plugin.version]);
  return { "@livekit/agents": livekitVersion, ...Object.fromEntries(plugins) };
}

/** The conversation id that LiveKit's own spans carry; LiveKit 1.7 has none. */
function findConversationId(): string | undefined {
  const { genAI }: { genAI?: Partial<typeof livekitTelemetry.genAI> } = livekitTelemetry;
  return genAI?.conversationId?.();
}
