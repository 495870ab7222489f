import { nameNearest } from "../record/index.js";
import type { CallSummary } from "./call-summary.js";
import { type ComparedFigure, FEWEST_CALLS, compareCalls } from "./compare-calls.js";
import { type Finding, isAtLeast } from "./findings/index.js";
import { QueryError } from "./query/query-error.js";
import { SMALLEST_N_FOR_P95, describeSpread } from "./percentiles.js";

/** The lowest severity at which a finding fails a check. */
export const FAIL_ON = ["bad", "warn", "note", "never"] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** A limit as a user gives it: `slow_reply=5%`, `tool_failed=3`, `e2e_p95=2.5s`. */
export interface CheckLimit {
  /** The name of a rule, or `e2e_p50` or `e2e_p95`. */
  name: string;
  most: number;
  /** `%`: the share of calls with the finding. `calls`: the number of calls with it. `s`: seconds. */
  unit: "%" | "calls" | "s";
}

/** The result of one limit. */
export interface LimitOutcome extends CheckLimit {
  /** The measured value, in `unit`; missing if nothing could be measured. */
  value?: number;
  outcome: "fine" | "failed" | "cannot_tell";
}

/** A call with the findings that failed it. */
export interface FailedCall {
  name: string;
  findings: Finding[];
}

/** `cannot_tell`: there are no calls, a call cannot be read, or nothing can be measured. */
export type CheckOutcome = "fine" | "failed" | "cannot_tell";

export interface CheckResult {
  outcome: CheckOutcome;
  calls: number;
  /** Calls that could not be read, each with the reason. */
  unreadable: { name: string; problem: string }[];
  failed: FailedCall[];
  limits: LimitOutcome[];
  /** With a baseline: its number of calls, and the figures that certainly got worse or better. */
  baseline?: { calls: number; changes: ComparedFigure[] };
  /** Why the check cannot tell, one sentence for each reason. */
  unknown: string[];
}

const LIMIT = /^([a-z][a-z0-9_]*)=(\d+(?:\.\d+)?)(%|s|ms)?$/;
const WAITS = ["e2e_p50", "e2e_p95"];

/**
 * Reads a limit.
 *
 * @param rules the rule names that a limit may have, beside `e2e_p50` and `e2e_p95`
 * @throws {QueryError} if the text is no limit; it names the nearest one
 */
export function parseLimit(text: string, rules: readonly string[]): CheckLimit {
  const [, name = "", amount, unit] = LIMIT.exec(text) ?? [];
  if (amount === undefined)
    throw new QueryError(
      `"${text}" is no limit; it has the form slow_reply=5%, tool_failed=3 or e2e_p95=2.5s`,
    );
  const names = [...rules, ...WAITS];
  if (!names.includes(name))
    throw new QueryError(
      `there is no limit of "${name}"${nameNearest(name, names)} (it may be ${names.join(", ")})`,
    );
  const isWait = WAITS.includes(name);
  if (isWait !== (unit === "s" || unit === "ms"))
    throw new QueryError(
      `"${text}": a limit of ${name} is in ${isWait ? "seconds" : "% or calls"}`,
    );
  if (isWait) return { name, most: Number(amount) / (unit === "ms" ? 1000 : 1), unit: "s" };
  return { name, most: Number(amount), unit: unit === "%" ? "%" : "calls" };
}

export interface CheckRequest {
  calls: readonly CallSummary[];
  unreadable: CheckResult["unreadable"];
  failOn: FailOn;
  limits: readonly CheckLimit[];
  baseline?: readonly CallSummary[] | undefined;
}

/**
 * Checks calls against their limits. A rule with a limit of its own is judged by that limit alone.
 * Pure.
 */
export function checkCalls({
  calls,
  unreadable,
  failOn,
  limits,
  baseline,
}: CheckRequest): CheckResult {
  const limited = new Set(limits.map(({ name }) => name));
  const isBad = ({ rule, severity }: Pick<Finding, "rule" | "severity">): boolean =>
    failOn !== "never" && !limited.has(rule) && isAtLeast(severity, failOn);
  // A call of the index has its counts at hand, and parses its findings.
  const failed = calls
    .filter(({ found }) => found.some(isBad))
    .map(({ name, findings }): FailedCall => ({ name, findings: findings.filter(isBad) }));
  const outcomes = limits.map((limit) => measureLimit(limit, calls));
  const compared = baseline && compareWith(baseline, calls);
  const unknown = [
    ...(calls.length === 0 ? ["No call fits, so there is nothing to check."] : []),
    ...unreadable.map(({ name }) => `"${name}" cannot be read.`),
    ...outcomes.flatMap((limit) =>
      limit.outcome === "cannot_tell" ? [explainUnmeasured(limit, calls)] : [],
    ),
    ...(compared?.unknown ?? []),
  ];
  const hasFailed =
    failed.length > 0 ||
    outcomes.some(({ outcome }) => outcome === "failed") ||
    (compared?.changes.some(({ verdict }) => verdict === "slower" || verdict === "more") ?? false);
  return {
    outcome: hasFailed ? "failed" : unknown.length > 0 ? "cannot_tell" : "fine",
    calls: calls.length,
    unreadable: [...unreadable],
    failed,
    limits: outcomes,
    ...(compared !== undefined && {
      baseline: { calls: baseline?.length ?? 0, changes: compared.changes },
    }),
    unknown,
  };
}

function measureLimit(limit: CheckLimit, calls: readonly CallSummary[]): LimitOutcome {
  const value = limit.unit === "s" ? measureWait(limit, calls) : measureRule(limit, calls);
  if (value === undefined) return { ...limit, outcome: "cannot_tell" };
  return { ...limit, value, outcome: value > limit.most ? "failed" : "fine" };
}

/** Every limit that can be unmeasured is measured by the waits for replies, or by the calls. */
function explainUnmeasured({ name }: CheckLimit, calls: readonly CallSummary[]): string {
  const n = listWaits(calls).length;
  if (n === 0 || name !== "e2e_p95") return `No call has what "${name}" is measured by.`;
  return `"${name}" needs at least ${SMALLEST_N_FOR_P95} replies with a wait, and the checked calls have ${n}.`;
}

function listWaits(calls: readonly CallSummary[]): number[] {
  return calls.flatMap(({ replies }) => [...replies.e2e_s]);
}

function measureWait({ name }: CheckLimit, calls: readonly CallSummary[]): number | undefined {
  const spread = describeSpread(listWaits(calls));
  return name === "e2e_p50" ? spread?.p50 : spread?.p95;
}

function measureRule(
  { name, unit }: CheckLimit,
  calls: readonly CallSummary[],
): number | undefined {
  const seen =
    name === "slow_reply" ? calls.filter(({ replies }) => replies.e2e_s.length > 0) : calls;
  if (seen.length === 0) return undefined;
  const having = seen.filter(({ found }) => found.some(({ rule }) => rule === name)).length;
  return unit === "%" ? (100 * having) / seen.length : having;
}

function compareWith(
  baseline: readonly CallSummary[],
  calls: readonly CallSummary[],
): { changes: ComparedFigure[]; unknown: string[] } {
  const { figures, resamples } = compareCalls(baseline, calls);
  if (resamples === 0)
    return {
      changes: [],
      unknown: [
        `The baseline has ${baseline.length} calls and the checked ${calls.length}, which are too few to compare: each needs ${FEWEST_CALLS}.`,
      ],
    };
  return { changes: figures.filter(({ verdict }) => verdict !== "cannot_tell"), unknown: [] };
}
