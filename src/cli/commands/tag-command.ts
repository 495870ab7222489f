import { InvalidArgumentError, Option } from "commander";
import { messageOf } from "../../platform/message-of.js";
import { isTag } from "../../record/index.js";
import { changeSidecar } from "../../store/index.js";
import { type CommandRun, type CommandSource, defineCommand } from "../run-command.js";
import { type CallMarks, formatMarks } from "../text/call-marks.js";

interface TagOptions {
  call?: string;
  tags: string[];
  remove: string[];
  rules?: boolean;
}

export const tagCommand = defineCommand<TagOptions, CallMarks[]>({
  options: [
    new Option("--remove <tag>", "take this tag away; may be given again")
      .argParser((given: string, before: string[]) => [...before, needTag(given)])
      .default([], "nothing"),
    new Option(
      "--rules",
      "give all calls, or those of a query, the categories of talktrace.config.json",
    ),
  ],
  readsSource: true,
  examples: [
    "talktrace tag conversation_20260101_090000 regression billing",
    "talktrace tag --rules since:1d",
  ],
  async answer(source, { call, tags, remove, rules }, run) {
    if (rules === true)
      return await tagByConfig(source, [call ?? "", ...tags].join(" ").trim(), run);
    if (call === undefined) throw new InvalidArgumentError("Name a call, or give --rules.");
    const { name, path } = await source.locate(call);
    if (tags.length + remove.length === 0) {
      const sidecar = await source.readSidecarOf(path);
      return sidecar === undefined ? [] : [{ name, sidecar }];
    }
    const wanted = tags.map(needTag);
    const sidecar = await changeSidecar(path, (before) => ({
      ...before,
      tags: [...new Set([...before.tags, ...wanted])].filter((tag) => !remove.includes(tag)),
    }));
    return [{ name, sidecar }];
  },
  toText: (answer, screen) => answer.map((marks) => formatMarks(marks, screen)).join("\n"),
  toNotes: (answer, isJson) =>
    answer.length > 0 || isJson ? [] : ["No call has a tag by this, or a new one"],
});

async function tagByConfig(
  source: CommandSource,
  query: string,
  run: CommandRun,
): Promise<CallMarks[]> {
  const { config, pathOf } = source;
  if (config === undefined)
    throw new Error(
      "Cannot tag by rules: there is no talktrace.config.json here; name one with --config",
    );
  if (pathOf === undefined) throw new Error(`"${source.name}" keeps no files to put tags beside`);
  const { tagCall } = await import("../../config/tag-by-rules.js");
  const { fits } = source.parseQuery(query);
  const tagged: CallMarks[] = [];
  for await (const call of source.readSummaries()) {
    // An open call may still change its category.
    if (call.status === "open" || !fits(call)) continue;
    const { name } = call;
    try {
      const sidecar = await tagCall(pathOf(name), await source.read(name), config);
      if (sidecar !== undefined) tagged.push({ name, sidecar });
    } catch (error) {
      run.report(`${messageOf(error)}; "${name}" is not tagged`);
      run.setExitCode(1);
    }
  }
  return tagged;
}

function needTag(given: string): string {
  if (!isTag(given))
    throw new InvalidArgumentError(
      "A tag has letters, digits and _.:/- in it, begins with a letter or digit, and has at most 64.",
    );
  return given;
}
