import { textOfJson } from "../record/json-data.js";
import type { CallSummary, FindingCount } from "./call-summary.js";
import { type RuleName, type Severity, findWorst } from "./findings/index.js";
import { STAGE_NAMES } from "./reply-table.js";
import {
  type CallValues,
  type Draw,
  createDraws,
  meanOfDraw,
  middleOf,
  percentileOfDraw,
  poolValues,
} from "./resample.js";

/** `more` and `fewer` are for findings. If the interval includes 0, nobody can tell. */
export type Verdict = "slower" | "faster" | "more" | "fewer" | "cannot_tell";

export interface ComparedSide {
  calls: number;
  replies: number;
  /** The days of the first and the last call; missing if no call has a date. */
  from?: string;
  to?: string;
}

/** One figure of both sides. */
export interface ComparedFigure {
  /** `e2e_s`, a stage, or a rule. */
  name: string;
  statistic: "p50" | "p95" | "per_100_calls";
  unit: "s" | "findings";
  a: number;
  b: number;
  /** `b` minus `a`. */
  difference: number;
  /** Where the true difference lies, with probability `level`; missing if there are too few calls. */
  interval?: { low: number; high: number };
  /** The share of such intervals that contain the true difference. */
  level: number;
  verdict: Verdict;
}

/** Values that occur in the calls of one side only, as far as the records tell. */
export interface Difference {
  /** `models`, `agents`, `voices`, `languages`, `versions`, `tools`, or `attributes.NAME`. */
  what: string;
  only_a: string[];
  only_b: string[];
}

export interface WorstCall {
  name: string;
  at_s: number;
  severity: Severity;
  /** The sentence of the worst finding. */
  text: string;
  bad: number;
  warn: number;
}

export interface Comparison {
  a: ComparedSide;
  b: ComparedSide;
  differs: Difference[];
  figures: ComparedFigure[];
  worst_of_b: WorstCall[];
  /** How often calls were drawn again, and the seed of these draws. */
  resamples: number;
  seed: number;
}

/** With fewer calls on a side, the draws do not show how much calls differ. */
export const FEWEST_CALLS = 10;
const FEWEST_REPLIES_FOR_P95 = 20;
/**
 * The level for waits as a whole. It is higher for the many stages and rules, because one in twenty
 * would be wrong.
 */
const LEVEL = 0.95;
const LEVEL_OF_MANY = 0.99;
/** Limits a comparison of hundreds of thousands of replies to some seconds. */
const MOST_STEPS = 4e8;
const WORST_CALLS = 5;
const MOST_ATTRIBUTE_VALUES = 12;

/**
 * Compares calls before a change with calls after it. It resamples whole calls, because the replies of
 * one call depend on each other. The same calls and seed give the same answer. Pure.
 */
export function compareCalls(
  a: readonly CallSummary[],
  b: readonly CallSummary[],
  {
    seed = 1,
    resamples = 2000,
    withFindings = true,
  }: { seed?: number; resamples?: number; withFindings?: boolean } = {},
): Comparison {
  const prepared = listFigures(a, b, withFindings);
  const steps = prepared.reduce((sum, { cost }) => sum + cost, 0);
  const count = Math.max(200, Math.min(resamples, Math.floor(MOST_STEPS / Math.max(1, steps))));
  const canTell = a.length >= FEWEST_CALLS && b.length >= FEWEST_CALLS;
  const differences = prepared.map(() => [] as number[]);
  const draw = createDraws(seed);
  for (let n = 0; canTell && n < count; n += 1) {
    const [drawA, drawB] = [draw(a.length), draw(b.length)];
    for (const [at, { measure }] of prepared.entries())
      differences[at]!.push(measure("b", drawB) - measure("a", drawA));
  }
  return {
    a: describeSide(a),
    b: describeSide(b),
    differs: findDifferences(a, b),
    figures: prepared.map((figure, at) => judge(figure, differences[at]!)),
    worst_of_b: withFindings ? findWorstCalls(b) : [],
    resamples: canTell ? count : 0,
    seed,
  };
}

interface PreparedFigure extends Pick<ComparedFigure, "name" | "statistic" | "unit" | "level"> {
  a: number;
  b: number;
  cost: number;
  measure(side: "a" | "b", draw: Draw): number;
}

function listFigures(
  a: readonly CallSummary[],
  b: readonly CallSummary[],
  withFindings: boolean,
): PreparedFigure[] {
  const waits = poolSides(a, b, ({ replies }) => replies.e2e_s);
  const stages = STAGE_NAMES.map(
    (stage) => [stage, poolSides(a, b, ({ replies }) => replies.stages_s[stage] ?? [])] as const,
  );
  const counted = withFindings ? [...a, ...b] : [];
  const rules = [...new Set(counted.flatMap(({ found }) => found.map(({ rule }) => rule)))];
  return [
    ...comparePercentile("e2e_s", "p50", waits, LEVEL),
    ...comparePercentile("e2e_s", "p95", waits, LEVEL),
    ...stages.flatMap(([stage, sides]) => comparePercentile(stage, "p50", sides, LEVEL_OF_MANY)),
    ...rules.toSorted().map((rule) => compareRate(rule, a, b)),
  ];
}

interface Sides {
  a: CallValues;
  b: CallValues;
}

function poolSides(
  a: readonly CallSummary[],
  b: readonly CallSummary[],
  valuesOf: (call: CallSummary) => ArrayLike<number>,
): Sides {
  return { a: poolValues(a.map(valuesOf)), b: poolValues(b.map(valuesOf)) };
}

/** Returns nothing if a side has too few values. */
function comparePercentile(
  name: ComparedFigure["name"],
  statistic: "p50" | "p95",
  sides: Sides,
  level: number,
): PreparedFigure[] {
  const fewest = Math.min(sides.a.values.length, sides.b.values.length);
  if (fewest < (statistic === "p95" ? FEWEST_REPLIES_FOR_P95 : 1)) return [];
  const share = statistic === "p95" ? 0.95 : 0.5;
  const measure = (side: "a" | "b", draw: Draw): number =>
    percentileOfDraw(sides[side], draw, share);
  return [
    {
      name,
      statistic,
      unit: "s",
      level,
      measure,
      a: measure("a", everyCallOnce(sides.a.callCount)),
      b: measure("b", everyCallOnce(sides.b.callCount)),
      cost: 2 * (sides.a.values.length + sides.b.values.length),
    },
  ];
}

function compareRate(
  rule: RuleName,
  a: readonly CallSummary[],
  b: readonly CallSummary[],
): PreparedFigure {
  const countIn = (calls: readonly CallSummary[]): Uint32Array =>
    Uint32Array.from(calls, ({ found }) => countFound(found, (each) => each.rule === rule));
  const counts = { a: countIn(a), b: countIn(b) };
  const measure = (side: "a" | "b", draw: Draw): number =>
    draw.length === 0 ? 0 : 100 * meanOfDraw(counts[side], draw);
  return {
    name: rule,
    statistic: "per_100_calls",
    unit: "findings",
    level: LEVEL_OF_MANY,
    measure,
    a: measure("a", everyCallOnce(a.length)),
    b: measure("b", everyCallOnce(b.length)),
    cost: a.length + b.length,
  };
}

function everyCallOnce(callCount: number): Draw {
  return new Uint32Array(callCount).fill(1);
}

function judge(figure: PreparedFigure, differences: readonly number[]): ComparedFigure {
  const { name, statistic, unit, level } = figure;
  const interval = middleOf(differences, level);
  const [worse, better] =
    unit === "s" ? (["slower", "faster"] as const) : (["more", "fewer"] as const);
  const verdict =
    interval === undefined || (interval.low <= 0 && interval.high >= 0)
      ? "cannot_tell"
      : interval.low > 0
        ? worse
        : better;
  return {
    name,
    statistic,
    unit,
    a: round(figure.a),
    b: round(figure.b),
    difference: round(figure.b - figure.a),
    ...(interval && { interval: { low: round(interval.low), high: round(interval.high) } }),
    level,
    verdict,
  };
}

function describeSide(calls: readonly CallSummary[]): ComparedSide {
  const days = calls
    .flatMap(({ startedMs, started_at }) =>
      startedMs === undefined ? [] : [started_at.slice(0, 10)],
    )
    .toSorted();
  const [from] = days;
  const to = days.at(-1);
  return {
    calls: calls.length,
    replies: calls.reduce((sum, { replies }) => sum + replies.e2e_s.length, 0),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

/** What occurs in the calls of one side only. Pure. */
export function findDifferences(
  a: readonly CallSummary[],
  b: readonly CallSummary[],
): Difference[] {
  const lists = ["agents", "models", "voices", "languages", "versions", "tools"] as const;
  const attributes = new Set([...a, ...b].flatMap((call) => Object.keys(call.attributes ?? {})));
  return [
    ...lists.flatMap((what) => findDifference(what, a, b, (call) => call[what])),
    ...[...attributes]
      .toSorted()
      .flatMap((name) =>
        findDifference(`attributes.${name}`, a, b, ({ attributes: own }) =>
          own !== undefined && Object.hasOwn(own, name) ? [textOfJson(own[name]!)] : [],
        ),
      ),
  ];
}

/**
 * Returns nothing if both sides have the same values, or too many different ones, as with order
 * numbers.
 */
function findDifference(
  what: string,
  a: readonly CallSummary[],
  b: readonly CallSummary[],
  namesOf: (call: CallSummary) => readonly string[],
): Difference[] {
  const [inA, inB] = [new Set(a.flatMap(namesOf)), new Set(b.flatMap(namesOf))];
  const only_a = [...inA].filter((name) => !inB.has(name)).toSorted();
  const only_b = [...inB].filter((name) => !inA.has(name)).toSorted();
  if (only_a.length + only_b.length === 0) return [];
  if (Math.max(only_a.length, only_b.length) > MOST_ATTRIBUTE_VALUES) return [];
  return [{ what, only_a, only_b }];
}

function findWorstCalls(calls: readonly CallSummary[]): WorstCall[] {
  return calls
    .map((call) => ({
      call,
      bad: countFound(call.found, ({ severity }) => severity === "bad"),
      warn: countFound(call.found, ({ severity }) => severity === "warn"),
    }))
    .toSorted((x, y) => y.bad - x.bad || y.warn - x.warn || (x.call.name < y.call.name ? 1 : -1))
    .slice(0, WORST_CALLS)
    .flatMap(({ call, bad, warn }): WorstCall[] => {
      const worst = findWorst(call.findings);
      if (worst === undefined) return [];
      const { at_s, severity, text } = worst;
      return [{ name: call.name, at_s, severity, text, bad, warn }];
    });
}

function countFound(found: readonly FindingCount[], isOf: (each: FindingCount) => boolean): number {
  return found.reduce((sum, each) => sum + (isOf(each) ? each.n : 0), 0);
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
