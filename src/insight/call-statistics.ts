import type { CallSummary } from "./call-summary.js";
import { type RuleName, type Severity, isAtLeast } from "./findings/index.js";
import {
  type LatencyCollector,
  type LatencyGroup,
  type LatencyGrouping,
  collectLatencies,
} from "./latency-groups.js";
import { type Spread, describeSpread } from "./percentiles.js";
import { UNKNOWN } from "./reply-table.js";
import { createValueColumn } from "./value-column.js";

/** How often a rule found something. A rule that found nothing has no row. */
export interface FindingRate {
  rule: RuleName;
  /** The worst severity among its findings. */
  severity: Severity;
  findings: number;
  /** How many calls have at least one. */
  calls: number;
  /** Findings per 100 calls. */
  per_100_calls: number;
}

/** How many waits were at least `from_s` and less than `to_s`. The last bin has no end. */
export interface HistogramBin {
  from_s: number;
  to_s?: number;
  n: number;
}

/** A point of a curve over time: one day, week or other period. */
export interface TrendPoint {
  key: string;
  /** The number of replies. */
  n: number;
  p50: number;
  p95?: number;
}

/** Figures over many calls. Pure data. They are the same as from reading the calls one by one. */
export interface CallStatistics {
  calls: number;
  /** The days of the first and the last call, by their own clocks; missing if no call has a date. */
  from?: string;
  to?: string;
  user_messages: number;
  agent_messages: number;
  /** Agent messages that the caller interrupted. */
  interruptions: number;
  duration_s?: Spread;
  /** How long callers waited for replies, over all replies with a known wait. */
  e2e_s?: Spread;
  by: LatencyGrouping;
  /** The replies by group. Without a grouping there is one group, `all`. */
  groups: LatencyGroup[];
  histogram: HistogramBin[];
  /** One point a day. */
  trend: TrendPoint[];
  /** Most frequent first. */
  findings: FindingRate[];
}

/** Collects one call after another. */
export interface StatisticsCollector {
  add(call: CallSummary): void;
  answer(): CallStatistics;
}

/** The borders of the histogram's bins, in seconds. */
const BORDERS_S = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8];

export function collectStatistics(by: LatencyGrouping = "all"): StatisticsCollector {
  // With a grouping, only the waits of all replies together are used, and not their stages.
  const all = collectLatencies("all", by === "all");
  const groups = by === "all" ? all : collectLatencies(by);
  const days = collectLatencies("day", false);
  const durations = createValueColumn();
  const rates = new Map<RuleName, Omit<FindingRate, "per_100_calls">>();
  const sums = { calls: 0, user_messages: 0, agent_messages: 0, interruptions: 0 };
  let [from, to]: [string | undefined, string | undefined] = [undefined, undefined];
  return {
    add(call) {
      for (const collector of new Set([all, groups, days])) collector.add(call);
      durations.add(call.duration_s ?? NaN);
      sums.calls += 1;
      sums.user_messages += call.user_messages;
      sums.agent_messages += call.agent_messages;
      sums.interruptions += call.interruptions;
      if (call.startedMs !== undefined) {
        const day = call.started_at.slice(0, 10);
        if (from === undefined || day < from) from = day;
        if (to === undefined || day > to) to = day;
      }
      countFindings(call, rates);
    },
    answer() {
      const duration_s = describeSpread(durations.values());
      const [waits] = all.waits();
      const [whole] = all.groups();
      return {
        ...sums,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(duration_s !== undefined && { duration_s }),
        ...(whole !== undefined && { e2e_s: whole.e2e_s }),
        by,
        groups: by === "all" ? (whole === undefined ? [] : [whole]) : groups.groups(),
        histogram: countBins(waits?.e2e_s ?? new Float64Array()),
        trend: listTrend(days),
        findings: [...rates.values()]
          .map((rate) => ({
            ...rate,
            per_100_calls: Math.round((rate.findings / sums.calls) * 10_000) / 100,
          }))
          .toSorted((a, b) => b.findings - a.findings || (a.rule < b.rule ? -1 : 1)),
      };
    },
  };
}

/** The statistics of calls, in any order. Pure. */
export function summarizeCalls(
  calls: Iterable<CallSummary>,
  by: LatencyGrouping = "all",
): CallStatistics {
  const collector = collectStatistics(by);
  for (const call of calls) collector.add(call);
  return collector.answer();
}

function countFindings(
  { found }: CallSummary,
  rates: Map<RuleName, Omit<FindingRate, "per_100_calls">>,
): void {
  const inCall = new Set<RuleName>();
  for (const { rule, severity, n } of found) {
    const rate = rates.get(rule) ?? { rule, severity, findings: 0, calls: 0 };
    rates.set(rule, rate);
    rate.findings += n;
    if (!inCall.has(rule)) rate.calls += 1;
    inCall.add(rule);
    if (isAtLeast(severity, rate.severity)) rate.severity = severity;
  }
}

/** The bins from the first with a wait to the last with one. */
function countBins(waits: Float64Array): HistogramBin[] {
  const counts = BORDERS_S.map(() => 0);
  for (const wait of waits) {
    let bin = BORDERS_S.length - 1;
    while (bin > 0 && wait < BORDERS_S[bin]!) bin -= 1;
    counts[bin]! += 1;
  }
  const first = counts.findIndex((n) => n > 0);
  const last = counts.findLastIndex((n) => n > 0);
  return BORDERS_S.flatMap((from_s, bin) => {
    if (first < 0 || bin < first || bin > last) return [];
    const to_s = BORDERS_S[bin + 1];
    return [{ from_s, ...(to_s !== undefined && { to_s }), n: counts[bin]! }];
  });
}

function listTrend(days: LatencyCollector): TrendPoint[] {
  return days.waits().flatMap(({ key, e2e_s }) => {
    const spread = describeSpread(e2e_s);
    // Calls without a date are of no day.
    if (spread === undefined || key === UNKNOWN) return [];
    const { n, p50, p95 } = spread;
    return [{ key, n, p50, ...(p95 !== undefined && { p95 }) }];
  });
}
