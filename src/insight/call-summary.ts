import {
  type CallVerdict,
  type Conversation,
  type Metrics,
  type Session,
  type Sidecar,
  isUndatedStart,
  readTimestamp,
  toSpeech,
} from "../record/index.js";
import { isDemo } from "./demo-call.js";
import { figuresOf } from "./figures.js";
import {
  type Finding,
  type FindingOptions,
  type RuleName,
  type Severity,
  findFindings,
  findWorst,
} from "./findings/index.js";
import { describeSpread } from "./percentiles.js";
import { type ReplyTable, UNKNOWN, tabulateReplies } from "./reply-table.js";
import { toSearchText } from "./search-text.js";
import type { WaitStageName } from "./findings/wait-stages.js";

/** One message in the form for searches. */
export interface SearchedMessage {
  id: string;
  role: "user" | "agent";
  /** The words that were heard or typed. */
  content: string;
  /** The whole text of a reply that was cut off. */
  generated: string | undefined;
  /** In seconds from the session's start; undefined if not known. */
  at_s: number | undefined;
}

/** How many findings a rule has in a call, with one severity. */
export interface FindingCount {
  rule: RuleName;
  severity: Severity;
  n: number;
}

/** The facts that identify and describe a call, without its words and replies. */
export interface CallHead {
  session_id: string;
  status: Session["status"];
  close_reason: string | undefined;
  room: string | undefined;
  started_at: string;
  /** `started_at` in epoch milliseconds; undefined if it cannot be read, or if no date is known. */
  startedMs: number | undefined;
  duration_s: number | undefined;
  agents: string[];
  models: string[];
  voices: string[];
  languages: string[];
  versions: string[];
  /** The agent's own version from `session.attributes`, or the versions of the recording software. */
  version: string;
  tools: string[];
  attributes: Session["attributes"];
  /** The call has no real caller. */
  demo: boolean;
  user_messages: number;
  agent_messages: number;
  /** Agent messages that the caller cut off. */
  interruptions: number;
  median_wait_s: number | undefined;
  /** Of `findings`, how many there are. */
  found: FindingCount[];
  worst: Severity | undefined;
}

/**
 * What lists, searches, statistics and checks need of a call. An index holds it, so they read no
 * conversation. Each part is read when it is used.
 */
export interface CallSummary extends CallHead {
  name: string;
  /** What people say about the call; undefined if nobody said anything. */
  sidecar?: Sidecar | undefined;
  readonly figures: Metrics;
  readonly replies: ReplyTable;
  readonly findings: Finding[];
  readonly messages: SearchedMessage[];
  /** Each message in the form of `toSearchText()`. */
  readonly searchTexts: readonly string[];
  /** Whether any of `searchTexts` contains this text. */
  hasText(text: string): boolean;
}

/** A call in a list: its summary without the words. */
export interface ListedCall extends Omit<CallHead, "found"> {
  name: string;
  /** The wait for each reply that has one. */
  waits_s: number[];
  /** The time of each stage, over the replies that had it. */
  stages_s: { [name in WaitStageName]?: number[] };
  findings: Finding[];
  /** What people say about the call, if anybody did. */
  tags?: string[];
  verdict?: CallVerdict | null;
  notes?: number;
}

/** A call that a search found, with the messages that contain the words. */
export interface FoundCall {
  name: string;
  started_at: string;
  hits: SearchedMessage[];
}

/** Pure. */
export function summarizeCall(
  name: string,
  conversation: Conversation,
  options?: FindingOptions,
): CallSummary {
  const replies = tabulateReplies(conversation);
  const speeches = conversation.conversation.map(toSpeech);
  const findings = findFindings(conversation, options, speeches);
  const figures = figuresOf(conversation, speeches);
  const head = describeHead(conversation);
  const searchTexts = conversation.conversation.map((message) =>
    toSearchText(
      message.role === "agent" && message.generated !== undefined
        ? [message.content, message.generated]
        : [message.content],
    ),
  );
  return {
    name,
    ...head,
    duration_s: figures.duration_s,
    user_messages: figures.user_messages,
    agent_messages: figures.agent_messages,
    interruptions: figures.interruptions,
    median_wait_s: describeSpread(replies.e2e_s)?.p50,
    found: countFindings(findings),
    worst: findWorst(findings)?.severity,
    figures,
    replies,
    findings,
    messages: listMessages(conversation),
    searchTexts,
    hasText: (text) => searchTexts.some((each) => each.includes(text)),
  };
}

/** The part of a summary that lists show. Pure. */
export function toListedCall(call: CallSummary): ListedCall {
  const stages_s = Object.entries(call.replies.stages_s).map(
    ([stage, column]) => [stage, [...column].filter((value) => !Number.isNaN(value))] as const,
  );
  return {
    name: call.name,
    session_id: call.session_id,
    status: call.status,
    close_reason: call.close_reason,
    room: call.room,
    started_at: call.started_at,
    startedMs: call.startedMs,
    duration_s: call.duration_s,
    user_messages: call.user_messages,
    agent_messages: call.agent_messages,
    interruptions: call.interruptions,
    agents: call.agents,
    models: call.models,
    voices: call.voices,
    languages: call.languages,
    versions: call.versions,
    version: call.version,
    tools: call.tools,
    attributes: call.attributes,
    demo: call.demo,
    waits_s: [...call.replies.e2e_s],
    stages_s: Object.fromEntries(stages_s),
    median_wait_s: call.median_wait_s,
    findings: call.findings,
    worst: call.worst,
    ...(call.sidecar !== undefined && {
      tags: call.sidecar.tags,
      verdict: call.sidecar.verdict,
      notes: call.sidecar.notes.length,
    }),
  };
}

type Described = Omit<
  CallHead,
  | "duration_s"
  | "user_messages"
  | "agent_messages"
  | "interruptions"
  | "median_wait_s"
  | "found"
  | "worst"
>;

function describeHead({ session, conversation, events }: Conversation): Described {
  const replies = conversation.filter((message) => message.role === "agent");
  return {
    session_id: session.id,
    status: session.status,
    close_reason: session.close_reason,
    room: session.room,
    started_at: session.started_at,
    startedMs: isUndatedStart(session.started_at) ? undefined : readTimestamp(session.started_at),
    agents: unique([session.agent, session.agent_name, ...replies.map(({ agent }) => agent)]),
    models: unique([
      ...conversation.map(({ model }) => model),
      ...replies.map(({ llm_model }) => llm_model),
      ...(session.usage ?? []).map(({ model }) => model),
    ]),
    voices: unique(replies.map(({ voice }) => voice)),
    languages: unique(conversation.map(({ language }) => language)),
    versions: unique([ownVersionOf(session), ...Object.values(session.software)]),
    version: nameVersion(session),
    tools: unique(
      events.flatMap(({ type, data }) =>
        type === "tool_call" && typeof data["name"] === "string" ? [data["name"]] : [],
      ),
    ),
    attributes: session.attributes,
    demo: isDemo(session),
  };
}

/** How many findings there are by rule and severity. Pure. */
export function countFindings(findings: readonly Finding[]): FindingCount[] {
  const counts = new Map<string, FindingCount>();
  for (const { rule, severity } of findings) {
    const key = `${rule} ${severity}`;
    const count = counts.get(key) ?? { rule, severity, n: 0 };
    counts.set(key, count);
    count.n += 1;
  }
  return [...counts.values()];
}

/** The agent's own version, or else the versions of the software that recorded the call. Pure. */
export function nameVersion(session: Pick<Session, "attributes" | "software">): string {
  const software = Object.entries(session.software).map(([name, version]) => `${name} ${version}`);
  return ownVersionOf(session) ?? (software.length === 0 ? UNKNOWN : software.join(", "));
}

function ownVersionOf({ attributes }: Pick<Session, "attributes">): string | undefined {
  const own = attributes?.["version"];
  return typeof own === "string" || typeof own === "number" ? String(own) : undefined;
}

function listMessages({ conversation, session }: Conversation): SearchedMessage[] {
  // The times of a call without a date count from its start too.
  const startedMs = readTimestamp(session.started_at);
  return conversation.map((message) => {
    const atMs = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    const isKnown = atMs !== undefined && startedMs !== undefined;
    return {
      id: message.id,
      role: message.role,
      content: message.content,
      generated: message.role === "agent" ? message.generated : undefined,
      at_s: isKnown ? Math.max(0, Math.round(atMs - startedMs) / 1000) : undefined,
    };
  });
}

function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== ""))] as string[];
}
