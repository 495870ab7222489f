import { Command, Option } from "commander";
import {
  LATENCY_GROUPINGS,
  type LatencyGroup,
  type LatencyGrouping,
  type LatencyCollector,
  type Spread,
  collectLatencies,
} from "../../insight/index.js";
import { listConversations, readConversation } from "../../store/index.js";
import { conversationsDirectory } from "../conversations-directory.js";
import { readUnlessDamaged } from "../read-unless-damaged.js";

interface LatencyOptions {
  directory: string;
  by: LatencyGrouping;
  json?: boolean;
}

const COLUMNS = ["n", "min", "p50", "p95", "p99", "max"] as const;

export function createLatencyCommand(): Command {
  return new Command("latency")
    .description(
      "How long callers waited for replies, and for what, over one conversation or many. " +
        "P95 is told from 20 replies on, P99 from 100.",
    )
    .argument("[files...]", "conversations' JSON files (default: all in the directory)")
    .option("--directory <path>", "where to look for conversations", conversationsDirectory())
    .addOption(
      new Option(
        "--by <what>",
        "what to tell replies apart by: nothing (all), their agent, the model of one kind, or time",
      )
        .choices(LATENCY_GROUPINGS)
        .default("all"),
    )
    .option("--json", "print JSON")
    .exitOverride()
    .action(async (files: string[], options: LatencyOptions) => {
      const collector = collectLatencies(options.by);
      const count = await readAll(files, options.directory, collector);
      const groups = collector.groups();
      if (options.json === true)
        return void process.stdout.write(`${JSON.stringify(groups, null, 2)}\n`);
      if (groups.length === 0) {
        process.stderr.write(`No reply in ${count} conversations has a wait\n`);
        return;
      }
      process.stdout.write(`${groups.map(formatGroup).join("\n\n")}\n`);
    });
}

/**
 * Gives how many were read, one after another: there may be more than fit into memory. A file that
 * was named must be readable; of a whole folder, one that is not is told and left out.
 */
async function readAll(
  files: readonly string[],
  directory: string,
  collector: LatencyCollector,
): Promise<number> {
  for (const file of files) collector.add((await readConversation(file)).conversation);
  if (files.length > 0) return files.length;
  const listed = await listConversations(directory);
  if (listed.length === 0) {
    throw new Error(
      `Cannot tell latencies: there is no conversation in "${directory}"; name a file, or make one with "talktrace demo"`,
    );
  }
  let count = 0;
  for (const { path } of listed) {
    const conversation = await readUnlessDamaged(path);
    if (conversation === undefined) continue;
    collector.add(conversation);
    count += 1;
  }
  return count;
}

function formatGroup({ key, e2e_s, stages_s }: LatencyGroup): string {
  const rows: [name: string, spread: Spread][] = [
    ...Object.entries(stages_s).map(
      ([name, spread]) => [name.replaceAll("_", " "), spread] as [string, Spread],
    ),
    ["together", e2e_s],
  ];
  const head = COLUMNS.map((column) => column.padStart(7)).join("");
  return [
    key,
    `${"".padEnd(15)}${head}`,
    ...rows.map(
      ([name, spread]) =>
        `${name.padEnd(15)}${COLUMNS.map((column) => cell(spread, column)).join("")}`,
    ),
  ].join("\n");
}

function cell(spread: Spread, column: (typeof COLUMNS)[number]): string {
  const value = spread[column];
  if (value === undefined) return "-".padStart(7);
  return (column === "n" ? String(value) : value.toFixed(3)).padStart(7);
}
