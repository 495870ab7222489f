import { existsSync, statSync } from "node:fs";
import { Option } from "commander";
import {
  type CallSummary,
  type Comparison,
  type PairComparison,
  compareCalls,
  comparePair,
  summarizeCall,
} from "../../insight/index.js";
import { type NamedConversation, openFolderSource } from "../../source/index.js";
import { createCommandSource } from "../command-source.js";
import { type CommandRun, type CommandSource, defineCommand } from "../run-command.js";
import { formatComparison } from "../text/comparison-text.js";
import { formatPair } from "../text/pair-text.js";
import { parseWholeNumber } from "../whole-number.js";

interface CompareOptions {
  a: string;
  b: string;
  seed: number;
}

export const compareCommand = defineCommand<CompareOptions, Comparison | PairComparison>({
  options: [
    new Option("--seed <n>", "the seed of the draws; the same seed gives the same answer")
      .argParser(parseWholeNumber)
      .default(1),
  ],
  readsSource: true,
  examples: [
    "talktrace compare version:1.4 version:1.5",
    "talktrace compare 'since:14d until:7d' since:7d",
    "talktrace compare before/conversations after/conversations",
    "talktrace compare conversation_20261122_060514 conversation_20261123_101500",
  ],
  async answer(source, { a, b, seed }, run) {
    const sides = { a: await readSide(source, a), b: await readSide(source, b) };
    if (sides.a.call !== undefined && sides.b.call !== undefined) {
      const [first, second] = [sides.a.call, sides.b.call];
      return comparePair(
        [first.name, first.conversation],
        [second.name, second.conversation],
        source.config,
      );
    }
    const calls = await gatherCalls(source, sides, run);
    for (const [side, given] of [
      ["a", a],
      ["b", b],
    ] as const)
      if (calls[side].length === 0) throw new Error(describeEmpty(source, sides[side], given));
    return compareCalls(calls.a, calls.b, { seed });
  },
  toText: (answer, screen) =>
    "turns" in answer ? formatPair(answer, screen) : formatComparison(answer, screen),
});

/** One side: a call, the calls of a folder, or those of the source that a query fits. */
interface Side {
  call?: NamedConversation;
  folder?: string;
  fits?: (call: CallSummary) => boolean;
}

/** What is there is a folder or a call. Anything else is a query. */
async function readSide(source: CommandSource, given: string): Promise<Side> {
  if (isFolder(given)) return { folder: given };
  // A query may have a slash too, e.g. that for a tag.
  const path = given.endsWith(".json") || existsSync(given) ? given : source.pathOf?.(given);
  if (path === given || (path !== undefined && existsSync(path)))
    return { call: await source.readNamed(given) };
  return { fits: source.parseQuery(given).fits };
}

function isFolder(given: string): boolean {
  return statSync(given, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function gatherCalls(
  source: CommandSource,
  sides: { a: Side; b: Side },
  run: CommandRun,
): Promise<{ a: CallSummary[]; b: CallSummary[] }> {
  const calls: { a: CallSummary[]; b: CallSummary[] } = { a: [], b: [] };
  for (const name of ["a", "b"] as const) {
    const { call, folder } = sides[name];
    if (call !== undefined)
      calls[name].push(summarizeCall(call.name, call.conversation, source.config));
    if (folder === undefined) continue;
    const other = createCommandSource(
      openFolderSource(folder, { onProblem: run.report }),
      run,
      source.config,
    );
    for await (const each of other.readSummaries()) calls[name].push(each);
  }
  const [fitsA, fitsB] = [sides.a.fits, sides.b.fits];
  if (fitsA === undefined && fitsB === undefined) return calls;
  for await (const call of source.readSummaries()) {
    if (fitsA?.(call) === true) calls.a.push(call);
    if (fitsB?.(call) === true) calls.b.push(call);
  }
  return calls;
}

function describeEmpty(source: CommandSource, { folder }: Side, given: string): string {
  return folder === undefined
    ? `Cannot compare: no call in "${source.name}" fits "${given}"`
    : `Cannot compare: there is no call in "${folder}"`;
}
