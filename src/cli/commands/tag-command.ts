import { Argument, InvalidArgumentError, Option } from "commander";
import { isTag } from "../../record/index.js";
import { changeSidecar } from "../../store/index.js";
import { defineCommand } from "../run-command.js";
import { type CallMarks, formatMarks } from "../text/call-marks.js";

interface TagOptions {
  call: string;
  tags: string[];
  remove: string[];
}

export const tagCommand = defineCommand<TagOptions, CallMarks>({
  name: "tag",
  description:
    "Give a call tags, which the query tag: finds. They stand in NAME.tags.json beside the call, which itself is not changed.",
  arguments: [
    new Argument("<call>", "its name, or its JSON file"),
    new Argument(
      "[tags...]",
      "letters, digits and _.:/-, at most 64; none: what the call has is shown",
    )
      .argParser(collectTags)
      .default([]),
  ],
  options: [
    new Option("--remove <tag>", "take this tag away; may be given again")
      .argParser(collectTags)
      .default([], "nothing"),
  ],
  readsSource: true,
  examples: ["talktrace tag conversation_20260101_090000 regression billing"],
  async answer(source, { call, tags, remove }) {
    const { name, path } = await source.locate(call);
    const sidecar = await changeSidecar(path, (before) => ({
      ...before,
      tags: [...new Set([...before.tags, ...tags])].filter((tag) => !remove.includes(tag)),
    }));
    return { name, sidecar };
  },
  toText: formatMarks,
});

/** @throws {InvalidArgumentError} for what cannot be a tag */
export function collectTags(given: string, before: string[] = []): string[] {
  if (!isTag(given))
    throw new InvalidArgumentError(
      "A tag has letters, digits and _.:/- in it, begins with a letter or digit, and has at most 64.",
    );
  return [...before, given];
}
