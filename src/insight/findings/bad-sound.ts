import { type Message, type MessageAudio, readTimestamp } from "../../record/index.js";
import type { CallFacts, Finding, FindingLimits, Rule } from "./finding.js";

interface SoundFault {
  role: Message["role"];
  unit: Finding["unit"];
  limit(limits: FindingLimits): number;
  value(audio: MessageAudio): number | undefined;
  /** Whether a value is bad by this limit. */
  isBad(value: number, limit: number): boolean;
  text(value: number): string;
}

const FAULTS: readonly SoundFault[] = [
  {
    role: "user",
    unit: "dB",
    limit: ({ snrDb }) => snrDb,
    value: ({ snr_db }) => snr_db,
    isBad: (value, limit) => value < limit,
    text: (value) => `The caller stood out of the noise by ${value.toFixed(0)} dB only.`,
  },
  {
    role: "user",
    unit: "share",
    limit: ({ clippedShare }) => clippedShare,
    value: ({ clipped_share }) => clipped_share,
    isBad: (value, limit) => value > limit,
    text: (value) =>
      `The caller's sound was too loud: ${(value * 100).toFixed(1)}% of it was clipped.`,
  },
  {
    role: "user",
    unit: "s",
    limit: ({ callerGapS }) => callerGapS,
    value: ({ gap_s }) => gap_s,
    isBad: (value, limit) => value >= limit,
    text: (value) => `${value.toFixed(1)} s of the caller's sound did not arrive.`,
  },
  {
    role: "agent",
    unit: "s",
    limit: ({ voiceGapS }) => voiceGapS,
    value: ({ gap_s }) => gap_s,
    isBad: (value, limit) => value >= limit,
    text: (value) =>
      `The agent's voice came too slowly: ${value.toFixed(1)} s were missing while it played.`,
  },
];

/** The audio of one side was bad. Each kind of fault is told once a call, at its first message. */
export const badSound: Rule = (facts) => FAULTS.flatMap((fault) => findFault(facts, fault));

function findFault({ conversation, limits, at }: CallFacts, fault: SoundFault): Finding[] {
  const limit = fault.limit(limits);
  const bad = conversation.conversation.flatMap((message) => {
    const value = message.audio === undefined ? undefined : fault.value(message.audio);
    if (message.role !== fault.role || value === undefined || !fault.isBad(value, limit)) return [];
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    return moment === undefined ? [] : [{ id: message.id, value, moment }];
  });
  const [first] = bad;
  if (first === undefined) return [];
  return [
    {
      rule: "bad_sound",
      severity: "warn",
      at_s: at(first.moment),
      message_ids: bad.map(({ id }) => id),
      value: first.value,
      limit,
      unit: fault.unit,
      text: `${fault.text(first.value)}${bad.length > 1 ? ` So in ${bad.length} messages.` : ""}`,
      certain: true,
    },
  ];
}
