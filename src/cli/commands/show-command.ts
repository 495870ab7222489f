import { Option } from "commander";
import {
  type ConversationView,
  findTurnAt,
  nameTurns,
  viewConversation,
} from "../../insight/index.js";
import { type Conversation, type Sidecar } from "../../record/index.js";
import { type NamedConversation, isPath } from "../../source/index.js";
import { inspectConversation, isLeftBehind } from "../../store/index.js";
import { splitMoment } from "../moment-argument.js";
import { type CommandSource, defineCommand } from "../run-command.js";
import { type CallFiles, formatHead } from "../text/call-head.js";
import { formatConversation } from "../text/conversation-text.js";
import { parseWholeNumber } from "../whole-number.js";
import { nameStretches } from "../text/name-stretches.js";

interface ShowOptions {
  file?: string;
  turn?: number;
}

interface ShowAnswer {
  name: string;
  record: Conversation;
  files: CallFiles;
  view: ConversationView;
  sidecar: Sidecar | undefined;
}

export const showCommand = defineCommand<ShowOptions, ShowAnswer>({
  options: [
    new Option("--turn <n>", "show where the time of this turn's wait went").argParser(
      parseWholeNumber,
    ),
  ],
  readsSource: true,
  async answer(source, options) {
    const { given, at_s } = splitMoment(options.file);
    const { name, conversation } =
      given === undefined ? await readNewest(source) : await source.readNamed(given);
    const turn = options.turn ?? (at_s === undefined ? undefined : findTurnAt(conversation, at_s));
    const files = await inspectFiles(source, given ?? name, conversation);
    const view = viewConversation(conversation, turn, { ...source.config, isDead: files.isDead });
    if (
      turn !== undefined &&
      !view.entries.some(({ kind }) => kind === "message" || kind === "unspoken")
    ) {
      throw new Error(
        `Cannot show turn ${turn} of "${name}": ${nameStretches(nameTurns(conversation))}`,
      );
    }
    const sidecar = await source.readSidecarOf(given ?? name);
    return { name, record: conversation, files, view, sidecar };
  },
  toText({ name, record, files, view, sidecar }, screen) {
    const text = formatConversation(view, screen);
    if (view.turn !== undefined) return text;
    const known = { ...record, metrics: view.summary.figures };
    return `${formatHead(name, known, files, sidecar, screen)}\n\n${text}`;
  },
  toJson({ record, files, view, sidecar }) {
    if (view.turn === undefined)
      return {
        ...(files.file !== undefined && { file: files.file }),
        ...(files.isDead && { left_behind: true }),
        ...record,
        metrics: view.summary.figures,
        findings: view.findings,
        ...(sidecar !== undefined && { sidecar }),
      };
    const stages = new Map(view.messages.map((message) => [message.id, message.stages]));
    return record.conversation
      .filter(({ id }) => stages.has(id))
      .map((message) => {
        const hasLatency = message.role === "agent" && message.latency !== undefined;
        return hasLatency ? { ...message, stages: stages.get(message.id) } : message;
      });
  },
});

/** The process of an open call may have died, and its journal may be damaged. */
async function inspectFiles(
  source: CommandSource,
  given: string,
  { session }: Conversation,
): Promise<CallFiles> {
  const file = isPath(given) ? given : source.pathOf?.(given);
  if (file === undefined || session.status !== "open")
    return { file, isDead: false, damagedJournalLines: 0 };
  const { journal } = await inspectConversation(file);
  return {
    file,
    isDead: await isLeftBehind(file),
    damagedJournalLines: journal?.damagedLines ?? 0,
  };
}

/** The newest conversation that can be read. */
async function readNewest(source: CommandSource): Promise<NamedConversation> {
  for await (const newest of source.readAll()) return newest;
  const isEmpty = (await source.list()).length === 0;
  throw new Error(
    `Cannot show a conversation: there is none ${isEmpty ? "" : "to be read "}in "${source.name}"; name a file, or make one with "talktrace demo"`,
  );
}
