import {
  type Finding,
  RULES,
  type BuiltInRuleName,
  findFindings,
} from "../../src/insight/index.js";
import { type Expected, generateCall } from "./generate-call.js";

/** How far a finding's moment may be from that of the fault. */
const TOLERANCE_S = 0.5;

/** How often a rule was right. */
export interface RuleScore {
  rule: BuiltInRuleName;
  /** Found where a fault was. */
  hits: number;
  /** Found where none was. */
  falseAlarms: number;
  /** Faults that were not found. */
  missed: number;
}

export interface Miss {
  seed: number;
  language: string;
  what: string;
}

export interface Measurement {
  calls: number;
  scores: RuleScore[];
  /** Each false alarm and each fault that was missed. */
  misses: Miss[];
}

/** Runs all rules over generated calls whose faults are known. */
export function measureFindings(seeds: readonly number[], heldOut: boolean): Measurement {
  const scores = new Map(
    RULES.map((rule): [string, RuleScore] => [rule, { rule, hits: 0, falseAlarms: 0, missed: 0 }]),
  );
  const misses: Miss[] = [];
  for (const seed of seeds) {
    const { conversation, language, expected } = generateCall(seed, heldOut);
    const open = [...expected];
    for (const finding of findFindings(conversation)) {
      const score = scores.get(finding.rule)!;
      const at = open.findIndex((each) => isSame(each, finding));
      if (at >= 0) {
        open.splice(at, 1);
        score.hits += 1;
      } else {
        score.falseAlarms += 1;
        misses.push({
          seed,
          language,
          what: `${finding.rule} at ${finding.at_s}: ${finding.text}`,
        });
      }
    }
    for (const { rule, at_s } of open) {
      scores.get(rule)!.missed += 1;
      misses.push({ seed, language, what: `${rule} at ${at_s} was not found` });
    }
  }
  return { calls: seeds.length, scores: [...scores.values()], misses };
}

function isSame(expected: Expected, finding: Finding): boolean {
  return expected.rule === finding.rule && Math.abs(expected.at_s - finding.at_s) <= TOLERANCE_S;
}
