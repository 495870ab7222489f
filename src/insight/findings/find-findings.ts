import { type Conversation, readTimestamp, toSpeech } from "../../record/index.js";
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
  type Rule,
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

/** What somebody should know of a call, in the order in which it happened. Pure. */
export function findFindings(conversation: Conversation): Finding[] {
  const facts = prepareFacts(conversation);
  const found = ALL_RULES.flatMap((find) => find(facts));
  found.push(
    ...findHungUp(
      facts,
      found.toSorted((a, b) => a.at_s - b.at_s),
    ),
  );
  return found.toSorted((a, b) => a.at_s - b.at_s || WEIGHT[b.severity] - WEIGHT[a.severity]);
}

/** The finding that matters most; of several the first. Pure. */
export function findWorst(findings: readonly Finding[]): Finding | undefined {
  return findings.toSorted((a, b) => WEIGHT[b.severity] - WEIGHT[a.severity])[0];
}

/** Whether one severity matters at least as much as another. Pure. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return WEIGHT[severity] >= WEIGHT[least];
}

function prepareFacts(conversation: Conversation): CallFacts {
  const { session } = conversation;
  const speeches = conversation.conversation.map(toSpeech);
  const startMs =
    readTimestamp(session.started_at) ??
    conversation.conversation.map(({ timestamp }) => readTimestamp(timestamp)).find(Boolean) ??
    0;
  return {
    conversation,
    limits: FINDING_LIMITS,
    speeches,
    speechById: new Map(speeches.map((speech) => [speech.id, speech])),
    startMs,
    endMs: readTimestamp(session.ended_at),
    at: (epochMs) => Math.round(epochMs - startMs) / 1000,
  };
}
