import type { AgentMessage, Conversation, Message, Metrics } from "./conversation.js";
import { parseTimestamp } from "./timestamp.js";

/**
 * Computes the figures of a conversation from its messages and its session. Pure.
 *
 * The agent's speech is what was audible, so the unheard rest of an interrupted reply does not
 * count; where only the synthesised audio is known, that is taken. Sums are to the microsecond.
 */
export function summarize(conversation: Pick<Conversation, "conversation" | "session">): Metrics {
  const messages = conversation.conversation;
  const { started_at, ended_at } = conversation.session;
  const agentMessages = messages.filter(
    (message): message is AgentMessage => message.role === "agent",
  );
  const userMessages = messages.filter((message) => message.role === "user");
  const responseTimes = agentMessages
    .map((message) => message.latency?.e2e_s)
    .filter((seconds) => seconds !== undefined);
  return {
    user_messages: userMessages.length,
    agent_messages: agentMessages.length,
    interruptions: agentMessages.filter(wasCutOff).length,
    user_speech_s: sum(userMessages.map(secondsSpoken)),
    agent_speech_s: sum(agentMessages.map(secondsHeard)),
    ...(ended_at !== undefined && { duration_s: secondsBetween(started_at, ended_at) }),
    ...(responseTimes.length > 0 && { e2e_s: spread(responseTimes) }),
  };
}

/** By the user: a failure or the end of the session is no interruption. */
function wasCutOff(message: AgentMessage): boolean {
  return message.interrupted_by !== undefined;
}

function secondsSpoken(message: Message): number {
  return message.audio?.duration_s ?? secondsAudible(message) ?? 0;
}

function secondsHeard(message: AgentMessage): number {
  // What is pending is being played, or was when its process died: nobody knows how much was heard.
  if (message.delivery === "none" || message.delivery === "pending") return 0;
  return secondsAudible(message) ?? message.audio?.duration_s ?? 0;
}

function secondsAudible({ started_at, ended_at }: Message): number | undefined {
  if (started_at === undefined || ended_at === undefined) return undefined;
  return secondsBetween(started_at, ended_at);
}

function secondsBetween(start: string, end: string): number {
  return toMicroseconds((parseTimestamp(end) - parseTimestamp(start)) / 1000);
}

function spread(seconds: readonly number[]): NonNullable<Metrics["e2e_s"]> {
  const sorted = seconds.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const middle = (sorted.length - 1) / 2;
  return {
    n: sorted.length,
    min: at(0),
    median: toMicroseconds((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2),
    max: at(sorted.length - 1),
  };
}

function sum(seconds: readonly number[]): number {
  return toMicroseconds(seconds.reduce((total, value) => total + value, 0));
}

/** Takes away what binary fractions add: 0.1 + 0.2 is 0.3 in a file that people read. */
function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
