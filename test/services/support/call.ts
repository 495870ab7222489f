import { GREETING } from "../../../src/agent/assistant.js";
import type { AudibleSpan } from "../../../src/demo/caller-microphone.js";
import { listReplies, tellParcelStory } from "../../../src/demo/script.js";
import {
  type StandIns,
  type StandInsOptions,
  startStandIns,
} from "../../../src/demo/stand-ins/start-stand-ins.js";
import type { AgentMessage, Conversation } from "../../../src/record/index.js";
import type { Caller } from "./caller.js";
import type { Ear } from "./ear.js";

export { GREETING };

const story = tellParcelStory();

/** What the agent answers to an utterance, in the order in which it is said. */
export function repliesTo(id: string): string[] {
  const reply = story.find(({ utterance }) => utterance.id === id)?.reply;
  if (reply === undefined) throw new Error(`Nobody answers to "${id}"`);
  // What the tool of the reference agent finds.
  const found: { [key: string]: string } = {
    order_number: "4271",
    status: "out for delivery",
    expected: "today between two and four",
  };
  return [
    reply.say,
    reply.sayAfterTool?.replace(/\{(\w+)\}/g, (_, key: string) => found[key] ?? ""),
  ].filter((text) => text !== undefined);
}

/** The words of an utterance as a transcript has them. */
export function wordsOf(id: string): string {
  return story.find(({ utterance }) => utterance.id === id)?.utterance.text ?? "";
}

/**
 * For several calls at once: on a busy machine a pause between words reaches the STT longer than it
 * was, and must not end the speech.
 */
export const FOR_A_BUSY_MACHINE = { endpointS: 0.8, delays: { finalDelayMs: 900 } };

/** Speech services that answer to everything that callers can say. */
export function startSpeechServices(
  options: Omit<StandInsOptions, "replies"> = {},
): Promise<StandIns> {
  return startStandIns({ replies: listReplies(story), ...options });
}

export interface HeldCall {
  spoken: { id: string; span: AudibleSpan }[];
  /** What was heard of the agent, a stretch a reply. */
  replies: AudibleSpan[];
}

/** Hears the greeting out, then says each utterance and hears its answer out. */
export async function converse(caller: Caller, utterances: readonly string[]): Promise<HeldCall> {
  const agent = await caller.agent();
  await agent.untilSaid([GREETING]);
  const spoken: HeldCall["spoken"] = [];
  for (const id of utterances) spoken.push({ id, span: await ask(caller, agent, id) });
  return { spoken, replies: agent.replies() };
}

/** Says one thing and hears the answer out. */
export async function ask(caller: Caller, agent: Ear, id: string): Promise<AudibleSpan> {
  agent.mark();
  const span = await caller.say(id);
  await agent.untilSaid(repliesTo(id));
  return span;
}

export function agentMessages({ conversation }: Conversation): AgentMessage[] {
  return conversation.flatMap((message) => (message.role === "agent" ? [message] : []));
}

/**
 * What the caller heard of each message: from the stretch of sound that began nearest to its
 * `started_at`, to the last sound before the next message. On a busy machine a reply may have a
 * hole in it, which makes two stretches of one.
 */
export function findHeard(
  heard: readonly AudibleSpan[],
  messages: readonly AgentMessage[],
): AudibleSpan[] {
  const firsts = messages.map(({ started_at: startedAt = "" }) => {
    const distance = (span: AudibleSpan) => Math.abs(span.startedAtMs - Date.parse(startedAt));
    const [nearest] = heard.toSorted((a, b) => distance(a) - distance(b));
    if (nearest === undefined) throw new Error("The caller heard nothing");
    return nearest;
  });
  return firsts.map((first, index) => {
    const nextMs = firsts[index + 1]?.startedAtMs ?? Infinity;
    const last = heard.findLast((span) => span.startedAtMs < nextMs) ?? first;
    return { startedAtMs: first.startedAtMs, endedAtMs: last.endedAtMs };
  });
}

/** What each side said in the record: a user's words, and what the agent meant to say. */
export function transcriptOf({ conversation }: Conversation): string[] {
  return conversation.map((message) =>
    message.role === "agent" ? (message.generated ?? message.content) : message.content,
  );
}

/** The names of files that people are meant to see. */
export function visible(names: readonly string[]): string[] {
  return names.filter((name) => !name.startsWith("."));
}

/** Waits until a condition that nobody tells of is met. */
export async function until<T>(
  what: string,
  find: () => T | undefined | Promise<T | undefined>,
  patienceMs = 20_000,
): Promise<T> {
  const giveUpMs = Date.now() + patienceMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > giveUpMs) throw new Error(`Gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
