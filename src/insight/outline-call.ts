import type { Conversation, Session } from "../record/index.js";
import { figuresOf } from "./figures.js";
import { type Finding, type FindingOptions, findFindings, hasFailed } from "./findings/index.js";
import { type KeyPhrase, findKeyPhrases } from "./key-phrases.js";
import { type Spread, describeSpread } from "./percentiles.js";

/** An outline of a call from its record alone, without a language model. */
export interface CallOutline {
  started_at: string;
  status: Session["status"];
  close_reason?: string;
  duration_s?: number;
  turns?: number;
  user_messages: number;
  agent_messages: number;
  /** How long the caller waited for replies. */
  wait_s?: Spread;
  key_phrases: KeyPhrase[];
  tools: { name: string; calls: number; failed: number }[];
  findings: Finding[];
  /** The caller's first and last message. */
  first_words?: string;
  last_words?: string;
}

/** Pure. */
export function outlineCall(conversation: Conversation, options?: FindingOptions): CallOutline {
  const { session, conversation: messages } = conversation;
  const figures = figuresOf(conversation);
  const users = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  const wait_s = describeSpread(
    messages.flatMap((message) =>
      message.role === "agent" && message.latency?.e2e_s !== undefined
        ? [message.latency.e2e_s]
        : [],
    ),
  );
  const [first] = users;
  const last = users.at(-1);
  return {
    started_at: session.started_at,
    status: session.status,
    ...(session.close_reason !== undefined && { close_reason: session.close_reason }),
    ...(figures.duration_s !== undefined && { duration_s: figures.duration_s }),
    ...(figures.turns !== undefined && { turns: figures.turns }),
    user_messages: figures.user_messages,
    agent_messages: figures.agent_messages,
    ...(wait_s !== undefined && { wait_s }),
    key_phrases: findKeyPhrases(messages.map(({ content }) => content)),
    tools: countTools(conversation),
    findings: findFindings(conversation, options),
    ...(first !== undefined && { first_words: first }),
    ...(last !== undefined && users.length > 1 && { last_words: last }),
  };
}

function countTools({ events }: Conversation): CallOutline["tools"] {
  const tools = new Map<string, CallOutline["tools"][number]>();
  for (const event of events) {
    if (event.type !== "tool_call") continue;
    const given = event.data["name"];
    const name = typeof given === "string" ? given : "(unknown)";
    const tool = tools.get(name) ?? { name, calls: 0, failed: 0 };
    tool.calls += 1;
    if (hasFailed(event)) tool.failed += 1;
    tools.set(name, tool);
  }
  return [...tools.values()];
}
