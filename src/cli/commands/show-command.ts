import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import {
  type MessageLine,
  describeFigures,
  describeMessage,
  figuresOf,
  formatWaterfall,
  groupLatencies,
} from "../../insight/index.js";
import { conversationsDirectory } from "../conversations-directory.js";
import { formatSpread } from "../format-spread.js";
import {
  type Conversation,
  type Message,
  findAgentInterruptions,
  findBackchannels,
  findYields,
  splitIntoStages,
  toSpeech,
} from "../../record/index.js";
import { listConversations, readConversation } from "../../store/index.js";
import { readUnlessDamaged } from "../read-unless-damaged.js";

const WATERFALL_LABEL_COLUMNS = 26;
const WIDEST_BARS = 48;

interface ShowOptions {
  directory: string;
  turn?: number;
  json?: boolean;
}

export function createShowCommand(): Command {
  return new Command("show")
    .description(
      "Show a conversation: what was heard, and how long the caller waited for each reply.",
    )
    .argument("[file]", "a conversation's JSON file (default: the newest)")
    .option("--directory <path>", "where to look for the newest", conversationsDirectory())
    .option("--turn <n>", "show where the time of this turn's wait went", parseTurn)
    .option("--json", "print JSON")
    .exitOverride()
    .action(async (file: string | undefined, options: ShowOptions) => {
      const { path, conversation } =
        file === undefined
          ? await readNewest(options.directory)
          : { path: file, conversation: (await readConversation(file)).conversation };
      // Of the whole: what cut a reply off belongs to the turn after it.
      const asides = findAsides(conversation);
      const shown =
        options.turn === undefined ? conversation : pickTurn(conversation, options.turn, path);
      const output =
        options.json === true ? toJson(shown, options.turn) : toText(shown, asides, options.turn);
      process.stdout.write(`${output}\n`);
    });
}

/** The newest that can be read. */
async function readNewest(
  directory: string,
): Promise<{ path: string; conversation: Conversation }> {
  const listed = await listConversations(directory);
  for (const { path } of listed) {
    const conversation = await readUnlessDamaged(path);
    if (conversation !== undefined) return { path, conversation };
  }
  throw new Error(
    `Cannot show a conversation: there is none ${listed.length > 0 ? "to be read " : ""}in "${directory}"; name a file, or make one with "talktrace demo"`,
  );
}

/** The conversation with the messages of one turn only. */
function pickTurn(conversation: Conversation, turn: number, path: string): Conversation {
  const messages = conversation.conversation.filter(({ turn_id }) => turn_id === `t_${turn}`);
  if (messages.length === 0) {
    throw new Error(`Cannot show turn ${turn} of "${path}": ${nameTurns(conversation)}`);
  }
  return { ...conversation, conversation: messages };
}

/** The turns there are, stretches in short: a turn in which nothing was said leaves a gap. */
function nameTurns({ conversation }: Conversation): string {
  const ids = [...new Set(conversation.map(({ turn_id }) => turn_id.replace("t_", "")))];
  if (ids.length === 0) return "nothing was said in it yet";
  const stretches: { first: string; last: string }[] = [];
  for (const id of ids.toSorted((a, b) => Number(a) - Number(b))) {
    const before = stretches.at(-1);
    if (before !== undefined && Number(id) === Number(before.last) + 1) before.last = id;
    else stretches.push({ first: id, last: id });
  }
  const named = stretches.map(({ first, last }) =>
    first === last ? first : `${first} to ${last}`,
  );
  return `it has turn${ids.length === 1 ? "" : "s"} ${named.join(", ")}`;
}

function toJson(conversation: Conversation, turn: number | undefined): string {
  if (turn === undefined)
    return JSON.stringify({ ...conversation, metrics: figuresOf(conversation) }, null, 2);
  const messages = conversation.conversation.map((message) => {
    const latency = message.role === "agent" ? message.latency : undefined;
    return latency === undefined ? message : { ...message, stages: splitIntoStages(latency) };
  });
  return JSON.stringify(messages, null, 2);
}

function toText(
  conversation: Conversation,
  asides: ReadonlyMap<string, readonly string[]>,
  turn: number | undefined,
): string {
  const lines = conversation.conversation.flatMap((message) => {
    const line = formatMessage(message, asides.get(message.id));
    const latency = message.role === "agent" ? message.latency : undefined;
    return turn === undefined || latency === undefined
      ? [line]
      : [line, "", formatWaterfall(latency, barColumns()), ""];
  });
  if (turn !== undefined) return lines.join("\n").trimEnd();
  const nothing = conversation.conversation.length === 0 ? [pc.dim("Nothing was said yet")] : [];
  return [...nothing, ...lines, "", ...formatSummary(conversation)].join("\n");
}

/** What the times of both sides tell of messages, by their ids; of one it may be several things. */
function findAsides({ conversation }: Conversation): Map<string, string[]> {
  const speeches = conversation.map(toSpeech);
  const asides = new Map<string, string[]>();
  const add = (id: string, aside: string): void =>
    void asides.set(id, [...(asides.get(id) ?? []), aside]);
  for (const { id } of findBackchannels(speeches)) add(id, "let the agent go on");
  for (const { agentMessage } of findAgentInterruptions(speeches))
    add(agentMessage, "cut in on the user");
  for (const { agentMessage, yieldS } of findYields(speeches))
    add(agentMessage, `silent ${yieldS.toFixed(2)} s after the user began`);
  return asides;
}

/** The bars end where the terminal does; what is piped has the same width everywhere. */
function barColumns(): number {
  const terminal = process.stdout.columns ?? WIDEST_BARS + WATERFALL_LABEL_COLUMNS;
  return Math.max(8, Math.min(WIDEST_BARS, terminal - WATERFALL_LABEL_COLUMNS - 1));
}

function formatMessage(message: Message, asides: readonly string[] = []): string {
  const line = describeMessage(message);
  const who = line.who === "user" ? pc.yellow("user ") : pc.cyan("agent");
  const notes = [
    ...(line.isPending ? ["what was heard of it is not known"] : []),
    ...(line.unheard === undefined ? [] : [`cut off, not heard: ${line.unheard}`]),
    ...asides,
  ];
  const note = notes.length === 0 ? "" : ` ${pc.dim(`(${notes.join("; ")})`)}`;
  return `${pc.dim(line.turn.padStart(3))} ${who} ${line.text}${note}${formatBadge(line)}`;
}

function formatBadge({ wait }: MessageLine): string {
  if (wait === undefined) return "";
  const { e2e_s, longest } = wait;
  const why = longest === undefined ? "" : `, ${longest.stage} ${longest.duration_s.toFixed(2)}`;
  return `  ${pc.magenta(`[${e2e_s.toFixed(2)} s${why}]`)}`;
}

function formatSummary(conversation: Conversation): string[] {
  const [group] = groupLatencies([conversation]);
  const waits = group === undefined ? [] : [`waited ${formatSpread(group.e2e_s)}`];
  return [...describeFigures(conversation), ...waits].map((line) => pc.dim(line));
}

function parseTurn(given: string): number {
  const turn = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(turn) || turn < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return turn;
}
