import { Option } from "commander";
import {
  type CallSummary,
  type CheckResult,
  FAIL_ON,
  type FailOn,
  checkCalls,
  parseLimit,
} from "../../insight/index.js";
import { messageOf } from "../../platform/message-of.js";
import { CHECK_FORMATS, type CheckFormat, formatCheck } from "../text/check-report.js";
import { type CommandSource, defineCommand } from "../run-command.js";
import { addTimeTerms } from "../time-terms.js";

interface CheckOptions {
  query: string[];
  failOn?: FailOn;
  max: string[];
  baseline?: string;
  since?: string;
  format: CheckFormat;
}

interface CheckAnswer {
  result: CheckResult;
  format: CheckFormat;
}

const EXIT_CODES = { fine: 0, failed: 1, cannot_tell: 2 } as const;

export const checkCommand = defineCommand<CheckOptions, CheckAnswer>({
  options: [
    new Option(
      "--fail-on <severity>",
      "the least severity of a finding that fails (default: bad; with --baseline alone: never)",
    ).choices(FAIL_ON),
    new Option(
      "--max <limit>",
      "how much there may be of a rule, which is then judged by that alone: slow_reply=5% of the calls, tool_failed=3 calls, e2e_p95=2.5s; may be given again",
    )
      .argParser((given: string, before: string[]) => [...before, given])
      .default([], "none"),
    new Option(
      "--baseline <query>",
      "calls of before; fails on a change for the worse whose interval excludes 0",
    ),
    new Option("--since <when>", "only calls since then, e.g. 1h, 7d, yesterday"),
    new Option("--format <format>", "how the answer reads").choices(CHECK_FORMATS).default("text"),
  ],
  readsSource: true,
  exitCodes: {
    0: "fine: nothing fails",
    1: "failed",
    2: "it could not be told: no call fits, one cannot be read, nothing was measured; or a wrong command line",
  },
  failureExitCode: 2,
  examples: [
    "talktrace check since:1h",
    "talktrace check --max slow_reply=5% --max e2e_p95=2.5s --format junit > check.xml",
    "talktrace check since:1d --baseline 'since:8d until:1d' --format github",
  ],
  wantsJson: ({ format }) => format === "json",
  async answer(source, options, run) {
    const query = source.parseQuery(
      addTimeTerms(options.query.join(" "), { since: options.since }),
    );
    const baseline =
      options.baseline === undefined ? undefined : source.parseQuery(options.baseline);
    const limits = options.max.map((given) => parseLimit(given, source.rules));
    const { calls, before, unreadable } = await sortCalls(source, query.fits, baseline?.fits);
    for (const { problem } of unreadable) run.report(problem);
    const result = checkCalls({
      calls,
      unreadable,
      failOn: options.failOn ?? (baseline === undefined ? "bad" : "never"),
      limits,
      baseline: baseline && before,
    });
    run.setExitCode(EXIT_CODES[result.outcome]);
    return { result, format: options.format };
  },
  toText: ({ result, format }, screen) => formatCheck(result, format, screen),
  toJson: ({ result }) => result,
});

/** A call that matches both queries belongs to the check. */
async function sortCalls(
  source: CommandSource,
  isChecked: (call: CallSummary) => boolean,
  isBefore: ((call: CallSummary) => boolean) | undefined,
): Promise<{ calls: CallSummary[]; before: CallSummary[]; unreadable: CheckResult["unreadable"] }> {
  const [calls, before]: [CallSummary[], CallSummary[]] = [[], []];
  const unreadable: CheckResult["unreadable"] = [];
  for await (const { name, call, error } of source.readCalls()) {
    if (call === undefined) unreadable.push({ name, problem: messageOf(error) });
    else if (isChecked(call)) calls.push(call);
    else if (isBefore?.(call) === true) before.push(call);
  }
  return { calls, before, unreadable };
}
