import { Option } from "commander";
import { type ListedCall, toListedCall } from "../../insight/index.js";
import { defineCommand } from "../run-command.js";
import { formatCallList } from "../text/call-list.js";
import { parseWholeNumber } from "../whole-number.js";

interface ListOptions {
  query: string[];
  limit: number;
}

export const listCommand = defineCommand<ListOptions, { calls: ListedCall[] }>({
  options: [new Option("--limit <n>", "how many at most").argParser(parseWholeNumber).default(20)],
  readsSource: true,
  async answer(source, { query, limit }) {
    const { fits } = source.parseQuery(query.join(" "));
    const calls: ListedCall[] = [];
    for await (const call of source.readSummaries()) {
      if (!fits(call)) continue;
      calls.push(toListedCall(call));
      if (calls.length >= limit) break;
    }
    return { calls };
  },
  toText: ({ calls }, screen) => formatCallList(calls, screen),
  toJson: ({ calls }) => calls,
  toNotes: ({ calls }, isJson) => (calls.length > 0 || isJson ? [] : ["No call fits"]),
});
