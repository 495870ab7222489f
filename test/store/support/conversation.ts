import { readFileSync } from "node:fs";

import { parseConversation, toTimestamp } from "../../../src/record/index.js";
import type {
  AgentMessage,
  Conversation,
  NewMessage,
  SessionStart,
  UserMessage,
} from "../../../src/record/index.js";

const START_MS = Date.parse("2025-08-18T09:00:22.123Z");

/** The moment `seconds` after the start of every conversation in these tests, in Indian time. */
export function at(seconds: number): string {
  return toTimestamp(START_MS + seconds * 1000, 330);
}

export function sessionStart(id = "s1"): SessionStart {
  return { id, started_at: at(0), software: { talktrace: "0.1.0" } };
}

export function userSays(n: number, content: string, more: Partial<UserMessage> = {}): NewMessage {
  return {
    role: "user",
    content,
    timestamp: at(n),
    source: "deepgram_stt",
    id: `m_${n}`,
    turn_id: `t_${n}`,
    ...more,
  };
}

export function agentSays(
  n: number,
  content: string,
  more: Partial<AgentMessage> = {},
): NewMessage {
  return {
    role: "agent",
    content,
    timestamp: at(n),
    source: "cartesia_tts",
    id: `m_${n}`,
    turn_id: `t_${n}`,
    delivery: "pending",
    ...more,
  };
}

export function readPublished(path: string): Conversation {
  return parseConversation(readFileSync(path, "utf8"), path);
}

export function idsOf(conversation: Conversation): string[] {
  return conversation.conversation.map((message) => message.id);
}
