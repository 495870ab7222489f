import { Option } from "commander";
import {
  LATENCY_GROUPINGS,
  type CallReplies,
  type LatencyGroup,
  type LatencyGrouping,
  collectLatencies,
  nameVersion,
  tabulateReplies,
} from "../../insight/index.js";
import type { NamedConversation } from "../../source/index.js";
import { defineCommand } from "../run-command.js";
import { formatLatencyGroup } from "../text/latency-table.js";

interface LatencyOptions {
  files: string[];
  by: LatencyGrouping;
}

interface LatencyAnswer {
  groups: LatencyGroup[];
  /** How many conversations were read. */
  conversations: number;
}

export const latencyCommand = defineCommand<LatencyOptions, LatencyAnswer>({
  options: [
    new Option(
      "--by <what>",
      "what to tell replies apart by: nothing (all), their agent, the model of one kind, or time",
    )
      .choices(LATENCY_GROUPINGS)
      .default("all"),
  ],
  readsSource: true,
  async answer(source, { files, by }) {
    const collector = collectLatencies(by);
    for (const file of files) collector.add(repliesOf(await source.readNamed(file)));
    let conversations = files.length;
    if (files.length === 0) {
      if ((await source.list()).length === 0) {
        throw new Error(
          `Cannot tell latencies: there is no conversation in "${source.name}"; name a file, or make one with "talktrace demo"`,
        );
      }
      for await (const named of source.readAll()) {
        collector.add(repliesOf(named));
        conversations += 1;
      }
    }
    return { groups: collector.groups(), conversations };
  },
  toText: ({ groups }) => groups.map(formatLatencyGroup).join("\n\n"),
  toJson: ({ groups }) => groups,
  toNotes: ({ groups, conversations }, isJson) =>
    groups.length > 0 || isJson ? [] : [`No reply in ${conversations} conversations has a wait`],
});

function repliesOf({ conversation }: NamedConversation): CallReplies {
  return { replies: tabulateReplies(conversation), version: nameVersion(conversation.session) };
}
