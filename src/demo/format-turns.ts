import Table from "cli-table3";
import { durationOf, findLongestStage, findUnheard } from "../insight/index.js";
import type { Conversation, Message } from "../record/index.js";

const TEXT_COLUMNS = 56;

/** A conversation as a table for people: who said what, and how long the caller waited for it. */
export function formatTurns({ conversation }: Pick<Conversation, "conversation">): string {
  const table = new Table({
    head: ["turn", "who", "what was heard", "waited", "the longest part of it"],
    colWidths: [6, 7, TEXT_COLUMNS, 9, 26],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const message of conversation) {
    table.push([
      message.turn_id.replace("t_", ""),
      message.role,
      textOf(message),
      ...waitOf(message),
    ]);
  }
  return table.toString();
}

function textOf(message: Message): string {
  const unheard = message.role === "agent" ? findUnheard(message) : undefined;
  if (unheard === undefined) return message.content;
  return `${message.content} — (cut off; not heard: ${unheard})`;
}

function waitOf(message: Message): [waited: string, longest: string] {
  if (message.role === "user" || message.latency?.e2e_s === undefined) return ["", ""];
  const stage = findLongestStage(message.latency);
  return [
    `${message.latency.e2e_s.toFixed(2)} s`,
    stage === undefined
      ? ""
      : `${stage.name.replaceAll("_", " ")} ${durationOf(stage).toFixed(2)} s`,
  ];
}
