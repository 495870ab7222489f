import { stringify } from "csv-stringify/sync";
import { findFormat, toExportedCall } from "../../export/index.js";
import type { CallStatistics, Comparison, PairComparison } from "../../insight/index.js";
import type { CallAnswer, CallsAnswer } from "../view-answers.js";
import type { CallReader } from "./call-reader.js";

type Cell = string | number | undefined;

/** A text that a spreadsheet would take for a formula begins with an apostrophe. */
function toCsv(columns: string, rows: readonly (readonly Cell[])[]): string {
  return stringify([columns.split(" "), ...rows.map((row) => [...row])], {
    escape_formulas: true,
    record_delimiter: "windows",
  });
}

/** A row for each call. Pure. */
export function listAsCsv({ calls }: CallsAnswer): string {
  return toCsv(
    "call started_at status agent duration_s median_wait_s replies worst findings user_messages agent_messages interruptions first_words tags verdict",
    calls.map((call) => [
      call.name,
      call.started_at,
      call.status,
      call.agents.join(" "),
      call.duration_s,
      call.median_wait_s,
      call.waits_s.length,
      call.worst,
      call.findings.length,
      call.user_messages,
      call.agent_messages,
      call.interruptions,
      call.first_words,
      call.tags?.join(" "),
      call.verdict ?? undefined,
    ]),
  );
}

/** The messages of a call, as `talktrace export --format csv` writes them. */
export async function callAsCsv(
  name: string,
  answer: CallAnswer,
  config: CallReader["config"],
): Promise<string> {
  const call = toExportedCall(name, answer, undefined, config);
  const pieces: string[] = [];
  const calls = (async function* () {
    yield await Promise.resolve(call);
  })();
  const written = findFormat("csv")?.write(calls, {
    text: "both",
    rows: "messages",
    bom: false,
    vconBody: "json",
    now: new Date(),
    onLeftOut: () => undefined,
  });
  for await (const piece of written ?? []) pieces.push(String(piece));
  return pieces.join("");
}

/** A row for each day, and one for all days together. Pure. */
export function statisticsAsCsv(answer: CallStatistics): string {
  const { e2e_s } = answer;
  return toCsv("day replies p50_s p95_s", [
    ...answer.trend.map(({ key, n, p50, p95 }) => [key, n, p50, p95]),
    ...(e2e_s === undefined ? [] : [["all", e2e_s.n, e2e_s.p50, e2e_s.p95]]),
  ]);
}

/** A row for each figure, or for each turn of two single calls. Pure. */
export function comparisonAsCsv(answer: Comparison | PairComparison): string {
  if ("turns" in answer)
    return toCsv(
      "turn_a turn_b user_a user_b agent_a agent_b wait_a_s wait_b_s wait_difference_s",
      answer.turns.map(({ a, b, wait_difference_s }) => [
        a?.turn,
        b?.turn,
        a?.user,
        b?.user,
        a?.agent,
        b?.agent,
        a?.wait_s,
        b?.wait_s,
        wait_difference_s,
      ]),
    );
  return toCsv(
    "figure statistic unit a b difference low high level verdict",
    answer.figures.map((figure) => [
      figure.name,
      figure.statistic,
      figure.unit,
      figure.a,
      figure.b,
      figure.difference,
      figure.interval?.low,
      figure.interval?.high,
      figure.level,
      figure.verdict,
    ]),
  );
}
