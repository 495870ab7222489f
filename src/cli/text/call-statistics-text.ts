import { styles } from "./styles.js";
import type { CallStatistics, FindingRate, HistogramBin, TrendPoint } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { type Cell, alignColumns } from "./columns.js";
import { SEVERITY_MARKS } from "./severity-marks.js";
import { formatLatencyGroup } from "./latency-table.js";
import { drawBar, drawSparkline } from "./sparkline.js";

const BAR_PLACES = 32;
const TREND_PLACES = 60;

/** The statistics of many calls, for people. Pure. */
export function formatStatistics(statistics: CallStatistics, screen: Screen): string {
  const { calls, groups, histogram, trend, findings, e2e_s } = statistics;
  if (calls === 0) return "";
  const waits =
    e2e_s === undefined
      ? [styles.dim("No reply has a wait that is known")]
      : [
          styles.bold("Waits for a reply, in seconds"),
          groups.map((group) => formatLatencyGroup(group, screen)).join("\n\n"),
          formatHistogram(histogram, screen),
          formatTrend(trend),
        ];
  return [describeCalls(statistics), ...waits, formatRates(findings, screen)]
    .filter((block) => block !== "")
    .join("\n\n");
}

function describeCalls(statistics: CallStatistics): string {
  const { calls, from, to, user_messages, agent_messages, interruptions, duration_s, e2e_s } =
    statistics;
  const days = from === undefined ? "" : from === to ? `, ${from}` : `, ${from} to ${to}`;
  return [
    `${count(calls, "call")}${days}; ${count(e2e_s?.n ?? 0, "reply", "replies")} with a wait`,
    `${count(user_messages, "user message")} and ${count(agent_messages, "agent message")}, ${interruptions} of them cut off`,
    ...(duration_s === undefined
      ? []
      : [
          `a call takes ${duration_s.p50.toFixed(0)} s (median; ${duration_s.min.toFixed(0)} to ${duration_s.max.toFixed(0)} s)`,
        ]),
  ].join("\n");
}

function formatHistogram(bins: readonly HistogramBin[], screen: Screen): string {
  const most = bins.reduce((highest, { n }) => Math.max(highest, n), 1);
  const rows = bins.map(({ from_s, to_s, n }): Cell[] => [
    { text: to_s === undefined ? `${from_s} s and more` : `${from_s} to ${to_s} s`, isRight: true },
    { text: String(n), isRight: true },
    { text: drawBar(n / most, BAR_PLACES), style: styles.cyan },
  ]);
  return alignColumns(rows, screen).join("\n");
}

/** The median by day. One day alone makes no curve. */
function formatTrend(trend: readonly TrendPoint[]): string {
  const [first, last] = [trend[0], trend.at(-1)];
  if (first === undefined || last === undefined || first === last) return "";
  const line = drawSparkline(
    trend.map(({ p50 }) => p50),
    TREND_PLACES,
  );
  return `median by day  ${styles.cyan(line)}  ${first.key} ${first.p50.toFixed(2)} s to ${last.key} ${last.p50.toFixed(2)} s`;
}

function formatRates(rates: readonly FindingRate[], screen: Screen): string {
  if (rates.length === 0) return styles.dim("Nothing was found in these calls");
  const rows = rates.map(({ rule, severity, findings, calls, per_100_calls }): Cell[] => [
    { text: SEVERITY_MARKS[severity].mark, style: SEVERITY_MARKS[severity].style },
    { text: rule },
    { text: String(findings), isRight: true },
    { text: String(calls), isRight: true },
    { text: per_100_calls.toFixed(1), isRight: true },
  ]);
  const head: Cell[] = ["", "findings", "n", "calls", "per 100 calls"].map((text, at) => ({
    text,
    style: styles.bold,
    isRight: at > 1,
  }));
  return alignColumns([head, ...rows], screen).join("\n");
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;
}
