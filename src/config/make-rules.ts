import {
  FINDING_LIMITS,
  type Finding,
  type FindingLimits,
  type FindingOptions,
  type OwnRule,
} from "../insight/index.js";
import type {
  Condition,
  ConfiguredCategory,
  ConfiguredRule,
  ConfiguredTracker,
  Exception,
  TalkTraceConfig,
} from "./config.js";
import { type Moment, makeConditionTest } from "./condition-test.js";
import { makeTextTest } from "./text-test.js";

/** The config in the form for findings and tags. */
export interface CompiledConfig extends FindingOptions {
  /** From this it was made. Another thread makes the same of it. */
  config: TalkTraceConfig;
  categories: { name: string; fits: OwnRule["find"] }[];
}

/** Called with the JSON pointer of an unusable part, and the fact. */
export type ReportFault = (pointer: string, fact: string) => void;

/** Compiles each part. An unusable part is reported and left out. Pure. */
export function makeRules(config: TalkTraceConfig, report: ReportFault): CompiledConfig {
  const each = <From, To>(
    list: readonly From[] | undefined,
    key: string,
    make: (item: From) => To,
  ) =>
    (list ?? []).flatMap((item, at): To[] => {
      try {
        return [make(item)];
      } catch (error) {
        report(`/${key}/${at}`, error instanceof Error ? error.message : String(error));
        return [];
      }
    });
  return {
    config,
    limits: changeLimits(config.limits),
    off: config.off ?? [],
    rules: [
      ...each(config.rules, "rules", makeRule),
      ...each(config.trackers, "trackers", makeTracker),
      ...each(config.phrases?.asked_for_human, "phrases/asked_for_human", makeAskedForHuman),
    ],
    categories: each(config.categories, "categories", makeCategory),
  };
}

function changeLimits(changed: TalkTraceConfig["limits"] = {}): FindingLimits {
  const limits = Object.entries(FINDING_LIMITS).map(([name, limit]) => {
    const own: unknown = changed[name as keyof FindingLimits];
    const isStepped = typeof limit === "object" && typeof own === "object";
    return [name, isStepped ? { ...limit, ...own } : (own ?? limit)];
  });
  return Object.fromEntries(limits) as FindingLimits;
}

function makeRule({ name, severity, when, unless, says }: ConfiguredRule): OwnRule {
  const find = findMoments(when, unless);
  return {
    name,
    find: (facts, found) =>
      find(facts, found).map((moment) =>
        toFinding(moment, name, severity, says ?? `The rule "${name}" fits.`),
      ),
  };
}

function makeTracker({ name, phrases, role }: ConfiguredTracker): OwnRule {
  const tests = phrases.map((phrase) => ({ phrase, says: makeTextTest(phrase) }));
  return {
    name,
    find: (facts, found) => {
      const find = makeConditionTest({ ...(role !== undefined && { role }), text: "/./s" });
      return find(facts, found).flatMap((moment) => {
        const hit = tests.find(({ says }) => says(moment.text ?? ""));
        if (hit === undefined) return [];
        return [toFinding(moment, name, "note", `${name}: "${hit.phrase}" was said.`)];
      });
    },
  };
}

function makeAskedForHuman(phrase: string): OwnRule {
  const find = makeConditionTest({ role: "user", text: phrase });
  return {
    name: "asked_for_human",
    find: (facts, found) =>
      find(facts, found).map((moment) =>
        toFinding(moment, "asked_for_human", "note", "The caller asked for a person."),
      ),
  };
}

function makeCategory({
  name,
  when,
  unless,
}: ConfiguredCategory): CompiledConfig["categories"][number] {
  const find = findMoments(when, unless);
  return {
    name,
    fits: (facts, found) =>
      find(facts, found).map((moment) => toFinding(moment, name, "note", name)),
  };
}

type FindMoments = (...given: Parameters<OwnRule["find"]>) => Moment[];

function findMoments(when: Condition, unless: Exception | undefined): FindMoments {
  const find = makeConditionTest(when);
  if (unless === undefined) return find;
  const { within = "call", seconds = Infinity, ...condition } = unless;
  const findExceptions = makeConditionTest(condition);
  return (facts, found) => {
    const exceptions = findExceptions(facts, found);
    return find(facts, found).filter(
      ({ at_s }) =>
        !exceptions.some((exception) => {
          const after_s = exception.at_s - at_s;
          if (Math.abs(after_s) > seconds) return false;
          return within === "call" || (within === "before" ? after_s <= 0 : after_s >= 0);
        }),
    );
  };
}

function toFinding(
  { at_s, message_ids }: Moment,
  rule: string,
  severity: Finding["severity"],
  text: string,
): Finding {
  return {
    rule,
    severity,
    at_s,
    message_ids,
    value: 1,
    limit: 1,
    unit: "times",
    text,
    certain: false,
  };
}
