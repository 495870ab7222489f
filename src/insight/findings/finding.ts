import type { Conversation, Speech } from "../../record/index.js";
import type { AudibleTime, WaitStageSum } from "./wait-stages.js";

/** How much a finding matters: `bad` spoils a call, `warn` harms it, `note` helps to understand it. */
export type Severity = "bad" | "warn" | "note";

export const RULES = [
  "slow_reply",
  "dead_air",
  "slow_greeting",
  "talked_over",
  "agent_cut_in",
  "cut_off",
  "stopped_for_backchannel",
  "false_interruption",
  "unanswered",
  "lost_words",
  "caller_repeats",
  "agent_repeats",
  "tool_failed",
  "tool_slow",
  "tool_loop",
  "asked_for_human",
  "hung_up_waiting",
  "service_error",
  "service_switch",
  "bad_sound",
  "unsure_words",
  "monologue",
  "record_incomplete",
  "contradiction",
] as const;
export type BuiltInRuleName = (typeof RULES)[number];
/** One of `RULES`, or the name of a rule in a user's `talktrace.config.json`. */
export type RuleName = string;

/** A fact of a call that somebody should know, with its moment. */
export interface Finding {
  rule: RuleName;
  severity: Severity;
  /** In seconds from the session's start. */
  at_s: number;
  until_s?: number;
  message_ids: string[];
  /** The measured value, in `unit`. */
  value: number;
  /** The value from which the rule finds something, in the same unit. */
  limit: number;
  unit: "s" | "words" | "times" | "share" | "dB";
  /** One plain sentence, the same wherever the finding is shown. */
  text: string;
  /** The stages of a wait, longest first, without those below a fifth of it. */
  because?: WaitStageSum[];
  /** True if the record alone proves it. False if it depends on the meaning of words. */
  certain: boolean;
}

/**
 * The value from which each rule finds something. The names tell the unit: seconds, words, shares,
 * decibels.
 */
export const FINDING_LIMITS = {
  slowReplyS: { warn: 2, bad: 5 },
  deadAirS: { warn: 3, bad: 5 },
  slowGreetingS: { warn: 3, bad: 6 },
  talkedOverS: 1,
  cutInS: 0.3,
  cutOffWords: { note: 3, warn: 10 },
  /** The caller waited this long before speaking again, or before the call ended. */
  unansweredS: 2,
  repeatedShare: 0.8,
  repeatedWords: 3,
  repeatedQuestionShare: 0.85,
  repeatedQuestionTurns: 6,
  toolSlowS: 3,
  toolLoopTimes: 3,
  hungUpAfterS: 2,
  snrDb: 10,
  clippedShare: 0.01,
  callerGapS: 0.5,
  voiceGapS: 0.3,
  confidence: 0.6,
  monologueS: 30,
} as const;
export type FindingLimits = {
  [name in keyof typeof FINDING_LIMITS]: WideLimit<(typeof FINDING_LIMITS)[name]>;
};

/** The same type without the values: `{ warn: 2 }` becomes `{ warn: number }`. */
type WideLimit<Limit> = Limit extends number ? number : { [step in keyof Limit]: number };

/** A call in the form that rules need. Its times are parsed and its messages measured once. */
export interface CallFacts {
  conversation: Conversation;
  limits: FindingLimits;
  /** In the order of the conversation. */
  speeches: readonly Speech[];
  speechById: ReadonlyMap<string, Speech>;
  /** When the agent was audible, in order. */
  listSpoken(): readonly AudibleTime[];
  /** The session's start in epoch milliseconds. If it is unreadable, the time of the first message. */
  startMs: number;
  /** Undefined while the call goes on, or if its end was not recorded. */
  endMs: number | undefined;
  /** Converts a moment to seconds from the start, rounded to a millisecond. */
  at(epochMs: number): number;
}

/** A rule finds one kind of thing. It finds nothing if the facts that it needs were not observed. Pure. */
export type Rule = (facts: CallFacts) => Finding[];

/** Seconds in the form for sentences. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 1 ? 2 : 1)} s`;
}

/** The severity of a value by two limits; undefined if it is below both. */
export function grade(
  value: number,
  limits: { warn: number; bad: number },
): "warn" | "bad" | undefined {
  if (value >= limits.bad) return "bad";
  return value >= limits.warn ? "warn" : undefined;
}

/** A count with its noun. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
