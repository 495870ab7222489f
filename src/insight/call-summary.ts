import {
  type Conversation,
  type Session,
  type StageName,
  readTimestamp,
  sumStages,
} from "../record/index.js";
import { figuresOf } from "./figures.js";
import { type Finding, type Severity, findFindings, findWorst } from "./findings/index.js";
import { describeSpread } from "./percentiles.js";

/** One message as a search needs it. */
export interface SearchedMessage {
  id: string;
  role: "user" | "agent";
  /** What was heard or typed. */
  content: string;
  /** What was made and not heard, of a reply that was cut off. */
  generated: string | undefined;
  /** In seconds from the session's start; undefined where that is not known. */
  at_s: number | undefined;
}

/** What a list, a search and a check need to know of a call. */
export interface CallSummary {
  name: string;
  session_id: string;
  status: Session["status"];
  close_reason: string | undefined;
  room: string | undefined;
  started_at: string;
  /** `started_at` in epoch milliseconds; undefined where it cannot be read. */
  startedMs: number | undefined;
  duration_s: number | undefined;
  agents: string[];
  models: string[];
  voices: string[];
  languages: string[];
  versions: string[];
  tools: string[];
  attributes: Session["attributes"];
  /** Of each reply that has one. */
  waits_s: number[];
  /** Of each reply, what a stage took. */
  stages_s: { [name in StageName]?: number[] };
  median_wait_s: number | undefined;
  findings: Finding[];
  worst: Severity | undefined;
  messages: SearchedMessage[];
}

/** A call of a list: its summary without the words. */
export type ListedCall = Omit<CallSummary, "messages">;

/** A call that a search found, with the messages that have the words. */
export interface FoundCall {
  name: string;
  started_at: string;
  hits: SearchedMessage[];
}

/** Pure. */
export function summarizeCall(name: string, conversation: Conversation): CallSummary {
  const { session, conversation: messages, events } = conversation;
  const startedMs = readTimestamp(session.started_at);
  const replies = messages.filter((message) => message.role === "agent");
  const latencies = replies.flatMap(({ latency }) => latency ?? []);
  const waits_s = latencies.flatMap(({ e2e_s }) => e2e_s ?? []);
  const stages_s: CallSummary["stages_s"] = {};
  for (const latency of latencies)
    if (latency.e2e_s !== undefined)
      for (const { name: stage, duration_s } of sumStages(latency))
        (stages_s[stage] ??= []).push(duration_s);
  const findings = findFindings(conversation);
  return {
    name,
    session_id: session.id,
    status: session.status,
    close_reason: session.close_reason,
    room: session.room,
    started_at: session.started_at,
    startedMs,
    duration_s: figuresOf(conversation).duration_s,
    agents: unique([session.agent, session.agent_name, ...replies.map(({ agent }) => agent)]),
    models: unique([
      ...messages.map(({ model }) => model),
      ...replies.map(({ llm_model }) => llm_model),
      ...(session.usage ?? []).map(({ model }) => model),
    ]),
    voices: unique(replies.map(({ voice }) => voice)),
    languages: unique(messages.map(({ language }) => language)),
    versions: unique(Object.values(session.software)),
    tools: unique(
      events.flatMap(({ type, data }) =>
        type === "tool_call" && typeof data["name"] === "string" ? [data["name"]] : [],
      ),
    ),
    attributes: session.attributes,
    waits_s,
    stages_s,
    median_wait_s: describeSpread(waits_s)?.p50,
    findings,
    worst: findWorst(findings)?.severity,
    messages: messages.map((message) => {
      const atMs = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
      const isKnown = atMs !== undefined && startedMs !== undefined;
      return {
        id: message.id,
        role: message.role,
        content: message.content,
        generated: message.role === "agent" ? message.generated : undefined,
        at_s: isKnown ? Math.max(0, Math.round(atMs - startedMs) / 1000) : undefined,
      };
    }),
  };
}

function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== ""))] as string[];
}
