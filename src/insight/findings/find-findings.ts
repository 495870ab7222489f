import { type Conversation, type Speech, readTimestamp, toSpeech } from "../../record/index.js";
import { agentCutIn } from "./agent-cut-in.js";
import { agentRepeats } from "./agent-repeats.js";
import { askedForHuman } from "./asked-for-human.js";
import { badSound } from "./bad-sound.js";
import { callerRepeats } from "./caller-repeats.js";
import { contradiction } from "./contradiction.js";
import { cutOff } from "./cut-off.js";
import { deadAir } from "./dead-air.js";
import { falseInterruption } from "./false-interruption.js";
import {
  type CallFacts,
  FINDING_LIMITS,
  type Finding,
  type FindingLimits,
  type Rule,
  type RuleName,
  type Severity,
} from "./finding.js";
import { findHungUp } from "./hung-up-waiting.js";
import { lostWords } from "./lost-words.js";
import { monologue } from "./monologue.js";
import { recordIncomplete } from "./record-incomplete.js";
import { serviceError } from "./service-error.js";
import { serviceSwitch } from "./service-switch.js";
import { slowGreeting } from "./slow-greeting.js";
import { slowReply } from "./slow-reply.js";
import { stoppedForBackchannel } from "./stopped-for-backchannel.js";
import { talkedOver } from "./talked-over.js";
import { toolFailed } from "./tool-failed.js";
import { toolLoop } from "./tool-loop.js";
import { toolSlow } from "./tool-slow.js";
import { unanswered } from "./unanswered.js";
import { unsureWords } from "./unsure-words.js";
import { listAgentSpeech, once } from "./wait-stages.js";

const ALL_RULES: readonly Rule[] = [
  slowReply,
  deadAir,
  slowGreeting,
  talkedOver,
  agentCutIn,
  cutOff,
  stoppedForBackchannel,
  falseInterruption,
  unanswered,
  lostWords,
  callerRepeats,
  agentRepeats,
  toolFailed,
  toolSlow,
  toolLoop,
  askedForHuman,
  serviceError,
  serviceSwitch,
  badSound,
  unsureWords,
  monologue,
  recordIncomplete,
  contradiction,
];

const WEIGHT: Record<Severity, number> = { bad: 2, warn: 1, note: 0 };

/** A rule that a user wrote for their own calls. Pure. */
export interface OwnRule {
  name: RuleName;
  /** @param found the findings of the built-in rules */
  find(facts: CallFacts, found: readonly Finding[]): Finding[];
}

export interface FindingOptions {
  limits?: FindingLimits;
  /** Rules that are switched off. */
  off?: readonly RuleName[];
  rules?: readonly OwnRule[];
}

/**
 * The findings of a call, in the order in which they happened. Pure.
 *
 * @param speeches its messages after `toSpeech()`, if the caller has them
 */
export function findFindings(
  conversation: Conversation,
  { limits = FINDING_LIMITS, off = [], rules = [] }: FindingOptions = {},
  speeches?: readonly Speech[],
): Finding[] {
  const facts = prepareFacts(conversation, limits, speeches);
  const isOn = ({ rule }: Finding): boolean => !off.includes(rule);
  const found = ALL_RULES.flatMap((find) => find(facts)).filter(isOn);
  found.push(
    ...findHungUp(
      facts,
      found.toSorted((a, b) => a.at_s - b.at_s),
    ).filter(isOn),
  );
  if (rules.length > 0) {
    const known = new Set(found.map(nameFinding));
    const own = rules.flatMap(({ find }) => find(facts, found)).filter(isOn);
    // A user's own phrases may find the same as a built-in rule has found by its phrases.
    found.push(...own.filter((finding) => !known.has(nameFinding(finding))));
  }
  return found.toSorted((a, b) => a.at_s - b.at_s || WEIGHT[b.severity] - WEIGHT[a.severity]);
}

function nameFinding({ rule, at_s, message_ids }: Finding): string {
  return JSON.stringify([rule, at_s, message_ids]);
}

/** The finding with the highest severity; the first one if there are several. Pure. */
export function findWorst(findings: readonly Finding[]): Finding | undefined {
  return findings.toSorted((a, b) => WEIGHT[b.severity] - WEIGHT[a.severity])[0];
}

/** Whether one severity is at least as high as another. Pure. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return WEIGHT[severity] >= WEIGHT[least];
}

/** A call in the form that rules need. Pure. */
export function prepareFacts(
  conversation: Conversation,
  limits: FindingLimits = FINDING_LIMITS,
  speeches: readonly Speech[] = conversation.conversation.map(toSpeech),
): CallFacts {
  const { session } = conversation;
  const startMs =
    readTimestamp(session.started_at) ??
    conversation.conversation.map(({ timestamp }) => readTimestamp(timestamp)).find(Boolean) ??
    0;
  return {
    conversation,
    limits,
    speeches,
    speechById: new Map(speeches.map((speech) => [speech.id, speech])),
    listSpoken: once(() => listAgentSpeech(speeches)),
    startMs,
    endMs: readTimestamp(session.ended_at),
    at: (epochMs) => Math.round(epochMs - startMs) / 1000,
  };
}
