import type { Conversation, Session } from "../conversation.js";
import type { Metrics } from "../metrics.js";
import { type Speech, toSpeech } from "./speech.js";
import {
  TALK_LIMITS,
  findAgentInterruptions,
  findBackchannels,
  findLongestMonologue,
  findSilences,
  findYields,
  measureOverlap,
} from "./talk.js";
import { readTimestamp } from "../timestamp.js";

/**
 * Computes the figures of a conversation from its messages and its session. Pure.
 *
 * Unknown figures are left out. Sums are rounded to the microsecond.
 */
export function summarize(conversation: Pick<Conversation, "conversation" | "session">): Metrics {
  return summarizeSpeeches(conversation.conversation.map(toSpeech), conversation.session);
}

/**
 * The same from messages that `toSpeech()` has read before. Pure.
 *
 * @param withTalk whether to include the figures that compare the times of both sides, which is most of
 * the work
 */
export function summarizeSpeeches(
  speeches: readonly Speech[],
  { started_at, ended_at }: Pick<Session, "started_at" | "ended_at">,
  withTalk = true,
): Metrics {
  const user = speeches.filter(({ role }) => role === "user");
  const agent = speeches.filter(({ role }) => role === "agent");
  const e2e_s = spread(agent.flatMap(({ e2eS }) => e2eS ?? []));
  const duration_s = secondsBetween(started_at, ended_at);
  return {
    user_messages: user.length,
    agent_messages: agent.length,
    // Interruptions by the user only. A failure or the end of the session is no interruption.
    interruptions: agent.filter(({ interruptedBy }) => interruptedBy !== undefined).length,
    user_speech_s: sumSpoken(user),
    agent_speech_s: sumSpoken(agent),
    ...(duration_s !== undefined && { duration_s }),
    ...(e2e_s !== undefined && { e2e_s }),
    ...countTurns(speeches),
    ...compareSides(user, agent),
    ...(withTalk && measureTalk(speeches, user, agent)),
  };
}

function countTurns(speeches: readonly Speech[]): Partial<Metrics> {
  return speeches.length === 0 ? {} : { turns: new Set(speeches.map(({ turnId }) => turnId)).size };
}

function compareSides(user: readonly Speech[], agent: readonly Speech[]): Partial<Metrics> {
  const [userS, agentS] = [sumSpoken(user), sumSpoken(agent)];
  const userPace = wordsPerMinute(user);
  const agentPace = wordsPerMinute(agent);
  const unheard = agent.flatMap(({ unheardWordCount }) => unheardWordCount ?? []);
  return {
    // A share computed from the known durations alone would be wrong.
    ...(userS + agentS > 0 &&
      ![...user, ...agent].some(({ isUntimed }) => isUntimed) && {
        agent_talk_ratio: round(agentS / (userS + agentS), 1e4),
      }),
    ...(userPace !== undefined && { user_words_per_minute: userPace }),
    ...(agentPace !== undefined && { agent_words_per_minute: agentPace }),
    ...(unheard.length > 0 && {
      unheard_words: unheard.reduce((total, words) => total + words, 0),
    }),
  };
}

/** The figures that compare the times of both sides. */
function measureTalk(
  speeches: readonly Speech[],
  user: readonly Speech[],
  agent: readonly Speech[],
): Partial<Metrics> {
  const yield_s = spread(findYields(speeches).map(({ yieldS }) => toMicroseconds(yieldS)));
  const isLocated = ({ audible }: Speech): boolean => audible !== undefined;
  const monologue = findLongestMonologue(speeches);
  return {
    ...(user.some(isLocated) &&
      agent.some(isLocated) && {
        agent_interruptions: findAgentInterruptions(speeches).length,
        backchannels: findBackchannels(speeches).length,
        overlap_s: toMicroseconds(measureOverlap(speeches)),
      }),
    ...(yield_s !== undefined && { yield_s }),
    ...(speeches.filter(isLocated).length > 1 && { silences: describeSilences(speeches) }),
    ...(monologue !== undefined && {
      longest_monologue: {
        role: monologue.role,
        message_id: monologue.message,
        duration_s: toMicroseconds(monologue.spokenS),
      },
    }),
  };
}

function describeSilences(speeches: readonly Speech[]): NonNullable<Metrics["silences"]> {
  const seconds = findSilences(speeches).map(({ startMs, endMs }) => (endMs - startMs) / 1000);
  return {
    longer_than_s: TALK_LIMITS.silenceS,
    n: seconds.length,
    total_s: toMicroseconds(seconds.reduce((total, value) => total + value, 0)),
    // `Math.max(...values)` takes no more than about 100,000 arguments.
    longest_s: toMicroseconds(seconds.reduce((longest, value) => Math.max(longest, value), 0)),
  };
}

function wordsPerMinute(speeches: readonly Speech[]): number | undefined {
  const timed = speeches.filter(({ spokenS }) => spokenS > 0);
  if (timed.length === 0) return undefined;
  const words = timed.reduce((total, { wordCount }) => total + wordCount, 0);
  return round((words / sumSpoken(timed)) * 60, 10);
}

function sumSpoken(speeches: readonly Speech[]): number {
  return toMicroseconds(speeches.reduce((total, { spokenS }) => total + spokenS, 0));
}

function secondsBetween(start: string, end: string | undefined): number | undefined {
  const startMs = readTimestamp(start);
  const endMs = readTimestamp(end);
  return startMs === undefined || endMs === undefined
    ? undefined
    : toMicroseconds((endMs - startMs) / 1000);
}

function spread(seconds: readonly number[]): Metrics["e2e_s"] {
  if (seconds.length === 0) return undefined;
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

/** Removes the error of binary fractions: 0.1 + 0.2 is 0.3 in a file that people read. */
function toMicroseconds(seconds: number): number {
  return round(seconds, 1e6);
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
