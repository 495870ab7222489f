import { InvalidArgumentError, Option } from "commander";
import {
  type ConversationView,
  findTurnAt,
  nameTurns,
  viewConversation,
} from "../../insight/index.js";
import { type Conversation, type Sidecar, splitIntoStages } from "../../record/index.js";
import type { NamedConversation } from "../../source/index.js";
import { splitMoment } from "../moment-argument.js";
import { type CommandSource, defineCommand } from "../run-command.js";
import { formatSidecar } from "../text/call-marks.js";
import { formatConversation } from "../text/conversation-text.js";
import { nameStretches } from "../text/name-stretches.js";

interface ShowOptions {
  file?: string;
  turn?: number;
}

interface ShowAnswer {
  record: Conversation;
  view: ConversationView;
  sidecar: Sidecar | undefined;
}

export const showCommand = defineCommand<ShowOptions, ShowAnswer>({
  options: [
    new Option("--turn <n>", "show where the time of this turn's wait went").argParser(parseTurn),
  ],
  readsSource: true,
  async answer(source, options) {
    const { given, at_s } = splitMoment(options.file);
    const { name, conversation } =
      given === undefined ? await readNewest(source) : await source.readNamed(given);
    const turn = options.turn ?? (at_s === undefined ? undefined : findTurnAt(conversation, at_s));
    const view = viewConversation(conversation, turn, source.config);
    if (turn !== undefined && view.messages.length === 0) {
      throw new Error(
        `Cannot show turn ${turn} of "${name}": ${nameStretches(nameTurns(conversation))}`,
      );
    }
    return { record: conversation, view, sidecar: await source.readSidecarOf(given ?? name) };
  },
  toText({ view, sidecar }, screen) {
    const said = view.turn === undefined && sidecar !== undefined ? formatSidecar(sidecar) : [];
    return [...said, ...(said.length === 0 ? [] : [""]), formatConversation(view, screen)].join(
      "\n",
    );
  },
  toJson({ record, view, sidecar }) {
    if (view.turn === undefined)
      return {
        ...record,
        metrics: view.summary.figures,
        findings: view.findings,
        ...(sidecar !== undefined && { sidecar }),
      };
    const shown = new Set(view.messages.map(({ id }) => id));
    return record.conversation
      .filter(({ id }) => shown.has(id))
      .map((message) => {
        const latency = message.role === "agent" ? message.latency : undefined;
        return latency === undefined ? message : { ...message, stages: splitIntoStages(latency) };
      });
  },
});

/** The newest conversation that can be read. */
async function readNewest(source: CommandSource): Promise<NamedConversation> {
  for await (const newest of source.readAll()) return newest;
  const isEmpty = (await source.list()).length === 0;
  throw new Error(
    `Cannot show a conversation: there is none ${isEmpty ? "" : "to be read "}in "${source.name}"; name a file, or make one with "talktrace demo"`,
  );
}

function parseTurn(given: string): number {
  const turn = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(turn) || turn < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return turn;
}
