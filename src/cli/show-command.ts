import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import {
  describeSpread,
  durationOf,
  findLongestStage,
  findUnheard,
  formatWaterfall,
  splitIntoStages,
} from "../insight/index.js";
import { conversationsDirectory } from "./conversations-directory.js";
import type { AgentMessage, Conversation, Message } from "../record/index.js";
import { listConversations, readConversation } from "../store/index.js";

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
      const path = file ?? (await findNewest(options.directory));
      const { conversation } = await readConversation(path);
      const shown =
        options.turn === undefined ? conversation : pickTurn(conversation, options.turn, path);
      const output =
        options.json === true ? toJson(shown, options.turn) : toText(shown, options.turn);
      process.stdout.write(`${output}\n`);
    });
}

async function findNewest(directory: string): Promise<string> {
  const [newest] = await listConversations(directory);
  if (newest === undefined) {
    throw new Error(
      `Cannot show a conversation: there is none in "${directory}"; name a file, or make one with "talktrace demo"`,
    );
  }
  return newest.path;
}

/** The conversation with the messages of one turn only. */
function pickTurn(conversation: Conversation, turn: number, path: string): Conversation {
  const messages = conversation.conversation.filter(({ turn_id }) => turn_id === `t_${turn}`);
  if (messages.length === 0) {
    const turns = new Set(conversation.conversation.map(({ turn_id }) => turn_id)).size;
    throw new Error(`Cannot show turn ${turn} of "${path}": it has turns 1 to ${turns}`);
  }
  return { ...conversation, conversation: messages };
}

function toJson(conversation: Conversation, turn: number | undefined): string {
  if (turn === undefined) return JSON.stringify(conversation, null, 2);
  const messages = conversation.conversation.map((message) => {
    const latency = message.role === "agent" ? message.latency : undefined;
    return latency === undefined ? message : { ...message, stages: splitIntoStages(latency) };
  });
  return JSON.stringify(messages, null, 2);
}

function toText(conversation: Conversation, turn: number | undefined): string {
  const lines = conversation.conversation.flatMap((message) => {
    const line = formatMessage(message);
    const latency = message.role === "agent" ? message.latency : undefined;
    return turn === undefined || latency === undefined
      ? [line]
      : [line, "", formatWaterfall(latency), ""];
  });
  if (turn !== undefined) return lines.join("\n").trimEnd();
  return [...lines, "", formatSummary(conversation)].join("\n");
}

function formatMessage(message: Message): string {
  const turn = pc.dim(message.turn_id.replace("t_", "").padStart(3));
  if (message.role === "user") return `${turn} ${pc.yellow("user ")} ${message.content}`;
  return `${turn} ${pc.cyan("agent")} ${formatHeard(message)}${formatBadge(message)}`;
}

function formatHeard(message: AgentMessage): string {
  const { content, delivery } = message;
  if (delivery === "pending") return `${content} ${pc.dim("(what was heard of it is not known)")}`;
  const unheard = findUnheard(message);
  if (unheard === undefined) return content;
  return `${content} ${pc.dim(`(cut off, not heard: ${unheard})`)}`;
}

function formatBadge({ latency }: AgentMessage): string {
  if (latency?.e2e_s === undefined) return "";
  const longest = findLongestStage(latency);
  const why =
    longest === undefined
      ? ""
      : `, ${longest.name.replaceAll("_", " ")} ${durationOf(longest).toFixed(2)}`;
  return `  ${pc.magenta(`[${latency.e2e_s.toFixed(2)} s${why}]`)}`;
}

function formatSummary({ conversation, session, metrics, unspoken }: Conversation): string {
  const waits = conversation.flatMap((message) =>
    message.role === "agent" ? (message.latency?.e2e_s ?? []) : [],
  );
  const spread = describeSpread(waits);
  const parts = [
    `${session.status}, ${metrics.user_messages} user and ${metrics.agent_messages} agent messages`,
    `${metrics.interruptions} cut off`,
    ...(unspoken.length === 0 ? [] : [`${unspoken.length} never heard`]),
    ...(spread === undefined
      ? []
      : [
          `waited ${spread.p50.toFixed(2)} s (median of ${spread.n}; ${spread.min.toFixed(2)} to ${spread.max.toFixed(2)})`,
        ]),
  ];
  return pc.dim(parts.join("; "));
}

function parseTurn(given: string): number {
  const turn = Number(given);
  if (!Number.isInteger(turn) || turn < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return turn;
}
