import { Option } from "commander";
import { type CallSummary, type Comparison, compareCalls } from "../../insight/index.js";
import { defineCommand } from "../run-command.js";
import { formatComparison } from "../text/comparison-text.js";
import { parseLimit } from "./list-command.js";

interface CompareOptions {
  a: string;
  b: string;
  seed: number;
}

export const compareCommand = defineCommand<CompareOptions, Comparison>({
  options: [
    new Option("--seed <n>", "the seed of the draws; the same seed gives the same answer")
      .argParser(parseLimit)
      .default(1),
  ],
  readsSource: true,
  examples: [
    "talktrace compare version:1.4 version:1.5",
    "talktrace compare 'since:14d until:7d' since:7d",
  ],
  async answer(source, { a, b, seed }) {
    const [before, after] = [source.parseQuery(a), source.parseQuery(b)];
    const calls: { a: CallSummary[]; b: CallSummary[] } = { a: [], b: [] };
    for await (const call of source.readSummaries()) {
      if (before.fits(call)) calls.a.push(call);
      if (after.fits(call)) calls.b.push(call);
    }
    for (const [side, query] of [
      ["a", a],
      ["b", b],
    ] as const)
      if (calls[side].length === 0)
        throw new Error(`Cannot compare: no call in "${source.name}" fits "${query}"`);
    return compareCalls(calls.a, calls.b, { seed });
  },
  toText: formatComparison,
});
