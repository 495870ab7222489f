import { InvalidArgumentError, Option } from "commander";
import { chooseCallsToForget } from "../forget/choose-calls-to-forget.js";
import { forgetCalls, planForgetting } from "../forget/forget-calls.js";
import { defineCommand } from "../run-command.js";
import { type ForgetAnswer, askToForget, formatForgotten } from "../text/forgotten-calls.js";

interface ForgetCommandOptions {
  calls: string[];
  olderThan?: string;
  all?: boolean;
  soundOnly?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

export const forgetCommand = defineCommand<ForgetCommandOptions, ForgetAnswer>({
  options: [
    new Option("--older-than <time>", "only what began longer ago, e.g. 30d"),
    new Option("--all", "all calls of the folder"),
    new Option("--sound-only", "only their sound and its levels; the words stay"),
    new Option("--dry-run", "show what would be deleted, and delete nothing"),
    new Option("-y, --yes", "delete without asking; needed where no terminal is"),
  ],
  readsSource: true,
  exitCodes: {
    0: "all that was chosen is gone, or nothing was chosen",
    1: "something is still there, such as a call that goes on; the answer says what",
  },
  examples: [
    "talktrace forget conversation_20260101_090000",
    "talktrace forget 'attr.customer:4711' --dry-run",
    "talktrace forget --older-than 30d --yes",
  ],
  async answer(source, options, run) {
    const { dryRun = false, yes = false, soundOnly = false } = options;
    const chosen = await chooseCallsToForget(source, options);
    // A call without sound has nothing to delete.
    const calls = soundOnly ? chosen.filter(({ files }) => files.length > 0) : chosen;
    const plan = await planForgetting(calls, { soundOnly });
    const isUntouched = plan.calls.every(({ outcome }) => outcome === "in_use");
    if (!dryRun && !yes && !isUntouched) {
      const isSure = await run.confirm(askToForget(plan, soundOnly));
      if (isSure === undefined)
        throw new InvalidArgumentError(
          "Nobody can be asked here. Give --yes to delete, or --dry-run to see what would be deleted.",
        );
      if (!isSure) throw new Error("Nothing was deleted");
    }
    const answer = dryRun || isUntouched ? plan : await forgetCalls(calls, { soundOnly });
    const isWhole =
      answer.left.length === 0 && answer.calls.every(({ left }) => left === undefined);
    if (!isWhole) run.setExitCode(1);
    return answer;
  },
  toText: formatForgotten,
  toJsonLines: ({ calls }) => calls,
  toNotes: ({ calls }, isJson) => (calls.length > 0 || isJson ? [] : ["No call fits"]),
});
