import { Option } from "commander";
import {
  type CallStatistics,
  LATENCY_GROUPINGS,
  type LatencyGrouping,
  collectStatistics,
} from "../../insight/index.js";
import { defineCommand } from "../run-command.js";
import { formatStatistics } from "../text/call-statistics-text.js";

interface StatsOptions {
  query: string[];
  by: LatencyGrouping;
}

export const statsCommand = defineCommand<StatsOptions, CallStatistics>({
  options: [
    new Option("--by <what>", "what to tell replies apart by")
      .choices(LATENCY_GROUPINGS)
      .default("all"),
  ],
  readsSource: true,
  examples: ["talktrace stats since:7d", "talktrace stats --by llm", "talktrace stats --by week"],
  async answer(source, { query, by }) {
    const { fits } = source.parseQuery(query.join(" "));
    const collector = collectStatistics(by);
    for await (const call of source.readSummaries()) if (fits(call)) collector.add(call);
    return collector.answer();
  },
  toText: formatStatistics,
  toNotes: ({ calls }, isJson) => (calls > 0 || isJson ? [] : ["No call fits"]),
});
