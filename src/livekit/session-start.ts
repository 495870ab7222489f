import { randomUUID } from "node:crypto";
import {
  type voice,
  Plugin,
  getJobContext,
  telemetry as livekitTelemetry,
  version as livekitVersion,
} from "@livekit/agents";
import { type SessionStart, readPackageVersion, toTimestamp } from "../record/index.js";
import { currentAgentOf } from "./livekit-facts/session-models.js";
import type { Guard } from "./instrumentation/guard.js";
import type { SessionNames } from "./redaction/session-names.js";

/** What is known of a session before it starts. */
export interface KnownAtStart {
  /** What the agent's own code has said of the session already. */
  attributes: SessionStart["attributes"];
  /** The agent that the session starts with, where it is known before. */
  firstAgent: voice.Agent | undefined;
  guard: Guard;
}

export function describeStart(
  session: voice.AgentSession,
  startMs: number,
  job: ReturnType<typeof getJobContext> | undefined,
  { attributes, firstAgent, guard }: KnownAtStart,
  names: SessionNames,
): Omit<SessionStart, "trace_id"> {
  let agent: string | undefined;
  // Agents are other people's code.
  guard.run("asked an agent for its id", () => {
    agent = (firstAgent ?? currentAgentOf(session))?.id;
  });
  return {
    id: randomUUID(),
    started_at: toTimestamp(startMs),
    // The room itself knows its name only once it is connected, which a session does by itself.
    ...(job?.job.room?.name ? { room: names.mask("room", job.job.room.name) } : {}),
    ...(job === undefined ? {} : { job: job.job.id }),
    ...(job?.job.agentName ? { agent_name: job.job.agentName } : {}),
    ...(job?.job.metadata
      ? { dispatch_metadata: names.mask("dispatch_metadata", job.job.metadata) }
      : {}),
    ...(attributes === undefined ? {} : { attributes }),
    ...(agent === undefined ? {} : { agent }),
    software: {
      talktrace: readPackageVersion(),
      "@livekit/agents": livekitVersion,
      ...Object.fromEntries(
        Plugin.registeredPlugins.map((plugin) => [plugin.package, plugin.version]),
      ),
      node: process.versions.node,
    },
  };
}

/** The id that LiveKit's own spans carry; 1.7 has none. */
export function findConversationId(): string | undefined {
  const { genAI }: { genAI?: Partial<typeof livekitTelemetry.genAI> } = livekitTelemetry;
  return genAI?.conversationId?.();
}
