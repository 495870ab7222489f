import type { CallSummary } from "./call-summary.js";
import {
  type ComparedFigure,
  type ComparedSide,
  FEWEST_CALLS,
  compareCalls,
} from "./compare-calls.js";

/** The waits of some calls against those of calls before. */
export interface LatencyChange {
  before: ComparedSide;
  after: ComparedSide;
  /** The wait as a whole, then its stages. */
  figures: ComparedFigure[];
  /** One sentence. */
  conclusion: string;
}

/** Pure. */
export function compareLatencies(
  before: readonly CallSummary[],
  after: readonly CallSummary[],
): LatencyChange {
  const { a, b, figures, resamples } = compareCalls(before, after, { withFindings: false });
  return { before: a, after: b, figures, conclusion: conclude(a, b, figures, resamples > 0) };
}

function conclude(
  before: ComparedSide,
  after: ComparedSide,
  figures: readonly ComparedFigure[],
  canTell: boolean,
): string {
  const median = figures.find(({ name, statistic }) => name === "e2e_s" && statistic === "p50");
  if (median === undefined) {
    const empty = before.replies === 0 ? "before" : "now";
    return `Nothing can be compared, because no reply ${empty} has a wait.`;
  }
  const was = `${median.a.toFixed(2)} s before and ${median.b.toFixed(2)} s now`;
  if (!canTell || median.interval === undefined)
    return `Nobody can tell from so few calls (${before.calls} before, ${after.calls} now, ${FEWEST_CALLS} are needed): the median wait was ${was}.`;
  const between = `${signed(median.interval.low)} to ${signed(median.interval.high)} s`;
  const tail = concludeTail(figures);
  if (median.verdict === "cannot_tell")
    return `Nobody can tell a difference: the median wait was ${was} (${between})${tail}.`;
  const cause = nameCause(figures, median.verdict);
  return `Callers wait ${median.verdict === "slower" ? "longer" : "less"}: the median wait was ${was} (${between})${cause}${tail}.`;
}

/** The slowest replies may change while the median stays. */
function concludeTail(figures: readonly ComparedFigure[]): string {
  const tail = figures.find(({ name, statistic }) => name === "e2e_s" && statistic === "p95");
  if (tail === undefined || tail.verdict === "cannot_tell") return "";
  return `; P95 went from ${tail.a.toFixed(2)} to ${tail.b.toFixed(2)} s`;
}

function nameCause(figures: readonly ComparedFigure[], verdict: ComparedFigure["verdict"]): string {
  const [most] = figures
    .filter((figure) => figure.name !== "e2e_s" && figure.verdict === verdict)
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  if (most === undefined) return "";
  return `, most of it in ${most.name.replaceAll("_", " ")} (${signed(most.difference)} s)`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(2)}`;
}
