import { Option } from "commander";
import { type FoundCall } from "../../insight/index.js";
import { defineCommand } from "../run-command.js";
import { formatHits } from "../text/search-hits.js";
import { parseWholeNumber } from "../whole-number.js";

interface SearchOptions {
  query: string[];
  limit: number;
  names?: boolean;
  count?: boolean;
}

/** How much a search found, with `--count`. */
export interface SearchCount {
  calls: number;
  hits: number;
}

interface SearchAnswer {
  calls: FoundCall[];
  count: SearchCount | undefined;
}

export const searchCommand = defineCommand<SearchOptions, SearchAnswer>({
  options: [
    new Option("--limit <n>", "how many calls at most").argParser(parseWholeNumber).default(50),
    new Option("-l, --names", "the names of the calls alone"),
    new Option("--count", "how many calls and messages there are, without a limit").conflicts(
      "names",
    ),
  ],
  readsSource: true,
  examples: ["talktrace search 'refund since:2h'", "talktrace search -l 'tool:failed since:today'"],
  async answer(source, { query, limit, names = false, count = false }, run) {
    const { fits, findHits, words } = source.parseQuery(query.join(" "));
    const calls: FoundCall[] = [];
    const counted: SearchCount = { calls: 0, hits: 0 };
    for await (const call of source.readSummaries()) {
      if (!fits(call)) continue;
      const hits = names ? [] : findHits(call);
      counted.calls += 1;
      counted.hits += hits.length;
      if (count) continue;
      const found = { name: call.name, started_at: call.started_at, hits };
      calls.push(found);
      run.emit(found, (part, screen) => formatHits([part], words, screen));
      if (calls.length >= limit) break;
    }
    return { calls, count: count ? counted : undefined };
  },
  // The calls were written when they were found.
  toText: ({ count }) =>
    count === undefined ? "" : `${count.calls} calls, ${count.hits} messages`,
  toJson: ({ calls, count }) => count ?? calls,
  toNotes: ({ calls, count }, isJson) =>
    calls.length > 0 || isJson || count !== undefined ? [] : ["Nothing was found"],
});
