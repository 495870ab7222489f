import {
  type TelemetrySettings,
  readTelemetrySettings,
  spoolDirectoryOf,
} from "../../../otel/settings.js";
import { messageOf } from "../../platform/message-of.js";
import { showUrl } from "../../platform/url-secrets.js";
import { forgetRows } from "../../source/index.js";
import {
  type CallToForget,
  type ForgetOptions,
  forgetCall,
  syncDeletions,
} from "../../store/index.js";
import type { ForgetAnswer, ForgottenCall } from "../text/forgotten-calls.js";

/** A call that would be forgotten, as far as nobody writes it. Pure. */
function describePlanned({ name, files, traceIds, inUse }: CallToForget): ForgottenCall {
  const bytes = files.reduce((sum, { stats }) => sum + stats.size, 0);
  return {
    name,
    outcome: inUse === undefined ? "would_be_forgotten" : "in_use",
    files: inUse === undefined ? files.map(({ fileName }) => fileName) : [],
    bytes: inUse === undefined ? bytes : 0,
    trace_ids: traceIds,
    ...(inUse !== undefined && { left: [inUse] }),
  };
}

/** What forgetting these calls would delete. Nothing is changed. */
export async function planForgetting(
  calls: readonly CallToForget[],
  options: ForgetOptions,
): Promise<ForgetAnswer> {
  return await answerFor(calls, options, true, calls.map(describePlanned));
}

/**
 * Deletes calls: their waiting spans first, because the documents tell which these are, then their files,
 * then their rows of the index. If it is interrupted, it can be done again.
 */
export async function forgetCalls(
  calls: readonly CallToForget[],
  options: ForgetOptions,
): Promise<ForgetAnswer> {
  const rest = await answerFor(calls, options, false, []);
  for (const call of calls) {
    if (call.inUse !== undefined) {
      rest.calls.push(describePlanned(call));
      continue;
    }
    const { deleted, bytes, left } = await forgetCall(call, options);
    rest.calls.push({
      name: call.name,
      outcome: left.length === 0 ? "forgotten" : "left_over",
      files: deleted,
      bytes,
      trace_ids: call.traceIds,
      ...(left.length > 0 && { left }),
    });
  }
  if (options.soundOnly !== true) {
    // A reader may have written a new index while the documents were still there.
    for (const [directory, names] of namesByDirectory(calls))
      addRows(rest, directory, names, false);
  }
  for (const directory of namesByDirectory(calls).keys())
    await syncDeletions(directory).catch((error: unknown) =>
      rest.left.push(`the folder "${directory}" cannot be synced: ${messageOf(error)}`),
    );
  return rest;
}

/** What is outside of the calls' files: waiting spans and rows of the index. */
async function answerFor(
  calls: readonly CallToForget[],
  options: ForgetOptions,
  isDryRun: boolean,
  described: ForgottenCall[],
): Promise<ForgetAnswer> {
  const answer: ForgetAnswer = {
    dry_run: isDryRun,
    calls: described,
    spans: 0,
    index_rows: 0,
    left: [],
    not_reached: [],
  };
  const over = calls.filter(({ inUse }) => inUse === undefined);
  if (options.soundOnly === true || over.length === 0) return answer;
  const settings = readTelemetrySettings(process.env, () => undefined);
  const { forgetSpans } = await import("../../../otel/spool/forget-spans.js");
  for (const [directory, names] of namesByDirectory(over)) {
    const inFolder = over.filter((call) => call.directory === directory);
    const ids = {
      traceIds: new Set(inFolder.flatMap(({ traceIds }) => traceIds)),
      sessionIds: new Set(inFolder.flatMap(({ sessionIds }) => sessionIds)),
    };
    const spool = spoolDirectoryOf({ ...settings, directory });
    const { spans, left } = await forgetSpans(spool, ids, isDryRun);
    answer.spans += spans;
    answer.left.push(...left);
    addRows(answer, directory, names, isDryRun);
  }
  answer.not_reached.push(...describeSent(over, settings));
  return answer;
}

function addRows(
  answer: ForgetAnswer,
  directory: string,
  names: ReadonlySet<string>,
  isDryRun: boolean,
): void {
  const { rows, left } = forgetRows(directory, names, isDryRun);
  answer.index_rows += rows;
  for (const line of left) if (!answer.left.includes(line)) answer.left.push(line);
}

/** Names of calls that are over, by their folder. */
function namesByDirectory(calls: readonly CallToForget[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { directory, name, inUse } of calls) {
    if (inUse !== undefined) continue;
    const inFolder = names.get(directory) ?? new Set();
    names.set(directory, inFolder.add(name));
  }
  return names;
}

/** Where words of these calls may be that no deletion of files reaches. Pure. */
function describeSent(calls: readonly CallToForget[], { tracesUrl }: TelemetrySettings): string[] {
  const traces = [...new Set(calls.flatMap(({ traceIds }) => traceIds))];
  if (traces.length === 0) return [];
  const which =
    traces.length === 1 ? `trace ${traces[0]!}` : `${traces.length} traces, which --json names`;
  const where = tracesUrl === undefined ? "an OTLP endpoint" : showUrl(tracesUrl);
  return [`spans that were sent to ${where} (${which})`, "exports and copies elsewhere"];
}
