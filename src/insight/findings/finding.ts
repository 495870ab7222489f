import type { Conversation, Speech, StageSum } from "../../record/index.js";

/** How much a finding matters: `bad` spoils a call, `warn` hurts it, `note` helps to read it. */
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
/** One of `RULES`, or the name of a rule in somebody's `talktrace.config.json`. */
export type RuleName = string;

/** Something in a call that somebody should know of, with the moment at which it can be seen. */
export interface Finding {
  rule: RuleName;
  severity: Severity;
  /** In seconds from the session's start. */
  at_s: number;
  until_s?: number;
  message_ids: string[];
  /** What was measured, in `unit`. */
  value: number;
  /** From where on the rule finds something, in the same unit. */
  limit: number;
  unit: "s" | "words" | "times" | "share" | "dB";
  /** One plain sentence, the same wherever the finding is shown. */
  text: string;
  /** The stages that a wait was made of, the longest first; those under a fifth are left out. */
  because?: StageSum[];
  /** Whether the record alone proves it; else it depends on what words mean. */
  certain: boolean;
}

/** From where on each rule finds something. Seconds, words, shares and decibels by their names. */
export const FINDING_LIMITS = {
  slowReplyS: { warn: 2, bad: 5 },
  deadAirS: { warn: 3, bad: 5 },
  slowGreetingS: { warn: 3, bad: 6 },
  talkedOverS: 1,
  cutInS: 0.3,
  cutOffWords: { note: 3, warn: 10 },
  /** The caller waited this long before speaking again, or until the call was over. */
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

/** The same without the values: `{ warn: 2 }` is `{ warn: number }`. */
type WideLimit<Limit> = Limit extends number ? number : { [step in keyof Limit]: number };

/** A call as rules need it: its times read and its messages measured once. */
export interface CallFacts {
  conversation: Conversation;
  limits: FindingLimits;
  /** In the order of the conversation. */
  speeches: readonly Speech[];
  speechById: ReadonlyMap<string, Speech>;
  /** Epoch milliseconds; of a call that says no readable beginning, that of its first message. */
  startMs: number;
  /** Undefined while the call goes on, or where nobody wrote its end. */
  endMs: number | undefined;
  /** A moment in seconds from the start, to a millisecond. */
  at(epochMs: number): number;
}

/** Finds one thing. It finds nothing where what it would judge by was not observed. Pure. */
export type Rule = (facts: CallFacts) => Finding[];

/** Seconds as sentences have them. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 1 ? 2 : 1)} s`;
}

/** What a value comes to by two limits; undefined below both. */
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
