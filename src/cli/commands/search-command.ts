import { Argument, Option } from "commander";
import { type FoundCall } from "../../insight/index.js";
import { defineCommand } from "../run-command.js";
import { formatHits } from "../text/search-hits.js";
import { parseLimit } from "./list-command.js";

interface SearchOptions {
  query: string[];
  limit: number;
}

export const searchCommand = defineCommand<SearchOptions, { calls: FoundCall[] }>({
  name: "search",
  description:
    "Search what was said in all calls, the newest first. Each hit has the name and moment that show takes.",
  arguments: [
    new Argument(
      "<query...>",
      "words, \"phrases\" and fields, in quotes, e.g. 'refund role:user since:2h'; after -- if it begins with a dash",
    ),
  ],
  options: [new Option("--limit <n>", "how many calls at most").argParser(parseLimit).default(50)],
  readsSource: true,
  async answer(source, { query, limit }) {
    const { fits, findHits } = source.parseQuery(query.join(" "));
    const calls: FoundCall[] = [];
    for await (const call of source.readSummaries()) {
      if (!fits(call)) continue;
      calls.push({ name: call.name, started_at: call.started_at, hits: findHits(call) });
      if (calls.length >= limit) break;
    }
    return { calls };
  },
  toText: ({ calls }) => formatHits(calls),
  toJson: ({ calls }) => calls,
  toNotes: ({ calls }, isJson) => (calls.length > 0 || isJson ? [] : ["Nothing was found"]),
});
