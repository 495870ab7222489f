import Table from "cli-table3";
import type { AgentMessage, Conversation, Latency, Message } from "../record/index.js";

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
  if (message.role === "user" || message.generated === undefined) return message.content;
  return `${message.content} — (cut off; not heard: ${unheardOf(message)})`;
}

function unheardOf({ content, generated = "" }: AgentMessage): string {
  return generated.startsWith(content) ? generated.slice(content.length).trim() : generated;
}

function waitOf(message: Message): [waited: string, longest: string] {
  if (message.role === "user" || message.latency?.e2e_s === undefined) return ["", ""];
  const stage = findLongestStage(message.latency);
  return [
    `${message.latency.e2e_s.toFixed(2)} s`,
    stage === undefined ? "" : `${stage.name} ${stage.duration_s.toFixed(2)} s`,
  ];
}

/** What ends at each mark, in words. */
const STAGE_NAMES: { [mark: string]: string } = {
  transcript_final: "speech to text",
  turn_committed: "end of turn",
  llm_start: "turn hook",
  llm_first_token: "LLM",
  tts_start: "first words",
  tts_first_byte: "text to speech",
  playback_start: "playback",
};

/** The longest stage between two neighbouring marks, in the order in which they fell. Pure. */
export function findLongestStage({
  marks,
}: Latency): { name: string; duration_s: number } | undefined {
  const inOrder = Object.entries(marks).toSorted(([, a], [, b]) => a - b);
  let longest: { name: string; duration_s: number } | undefined;
  inOrder.forEach(([mark, at_s], index) => {
    const previous = inOrder[index - 1];
    if (previous === undefined) return;
    const duration_s = at_s - previous[1];
    if (longest === undefined || duration_s > longest.duration_s) {
      longest = { name: STAGE_NAMES[mark] ?? mark, duration_s };
    }
  });
  return longest;
}
