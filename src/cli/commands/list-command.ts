import { InvalidArgumentError, Option } from "commander";
import { type ListedCall, toListedCall } from "../../insight/index.js";
import { defineCommand } from "../run-command.js";
import { formatCallList } from "../text/call-list.js";

interface ListOptions {
  query: string[];
  limit: number;
}

export const listCommand = defineCommand<ListOptions, { calls: ListedCall[] }>({
  options: [new Option("--limit <n>", "how many at most").argParser(parseLimit).default(20)],
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

export function parseLimit(given: string): number {
  const limit = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return limit;
}
