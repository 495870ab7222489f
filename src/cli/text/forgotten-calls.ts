import { styles } from "./styles.js";

/**
 * What became of a call:
 *
 * - `forgotten`: all its files were deleted.
 * - `would_be_forgotten`: the same, with `--dry-run`.
 * - `in_use`: it goes on, or may go on, so nothing of it was touched.
 * - `left_over`: something of it is still there, as `left` tells.
 */
export type ForgetOutcome = "forgotten" | "would_be_forgotten" | "in_use" | "left_over";

export interface ForgottenCall {
  name: string;
  outcome: ForgetOutcome;
  /** The names of its files that were deleted, or would be. */
  files: string[];
  /** The size of these files. */
  bytes: number;
  /** The traces of its spans. */
  trace_ids: string[];
  /** Why something of it is still there. */
  left?: string[];
}

/** What `talktrace forget` did. */
export interface ForgetAnswer {
  /** Whether nothing was changed. */
  dry_run: boolean;
  calls: ForgottenCall[];
  /** Spans that waited on disk and were overwritten. */
  spans: number;
  /** Rows that were taken out of the index. */
  index_rows: number;
  /** Why something beside the files of calls may still be there. */
  left: string[];
  /** Where the words of these calls may be that this command cannot reach. */
  not_reached: string[];
}

/** One call on one line, and a further line for each thing that stays. Pure. */
function formatCall({ name, outcome, files, bytes, left = [] }: ForgottenCall): string {
  const what = `${countOf(files.length, "file")}, ${describeSize(bytes)}`;
  const lines = {
    forgotten: `${styles.green("✓")} ${name}  ${what}`,
    would_be_forgotten: `${styles.dim("-")} ${name}  ${what}: ${files.join(", ")}`,
    in_use: `${styles.yellow("▲")} ${name}  not touched`,
    left_over: `${styles.red("◆")} ${name}  ${what}, and not all of it`,
  };
  return [lines[outcome], ...left.map((fact) => `  ${fact}`)].join("\n");
}

/** Pure. */
export function formatForgotten(answer: ForgetAnswer): string {
  const { calls, spans, left, not_reached, dry_run } = answer;
  if (calls.length === 0) return "";
  const done = calls.filter(({ outcome }) => outcome !== "in_use");
  const files = done.reduce((sum, call) => sum + call.files.length, 0);
  const counts = [
    countOf(done.length, "call"),
    countOf(files, "file"),
    ...(spans > 0 ? [countOf(spans, "waiting span")] : []),
  ].join(", ");
  return [
    ...calls.map(formatCall),
    `${counts} ${dry_run ? "would be deleted" : "deleted"}`,
    ...left.map((fact) => `${styles.red("◆")} Still there: ${fact}`),
    ...(not_reached.length === 0 ? [] : [styles.dim(`Not reached: ${not_reached.join("; ")}`)]),
  ].join("\n");
}

/** The question before anything is deleted. Pure. */
export function askToForget({ calls, spans }: ForgetAnswer, isSoundOnly: boolean): string {
  const over = calls.filter(({ outcome }) => outcome !== "in_use");
  const files = over.reduce((sum, call) => sum + call.files.length, 0);
  const bytes = over.reduce((sum, call) => sum + call.bytes, 0);
  const what = over.length === 1 ? over[0]!.name : `${over.length} calls`;
  const spanText = spans === 0 ? "" : ` and ${countOf(spans, "waiting span")}`;
  return (
    `Delete ${isSoundOnly ? "the sound of " : ""}${what} ` +
    `(${countOf(files, "file")}, ${describeSize(bytes)})${spanText} for good?`
  );
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function describeSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
