import type { Message, Word } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";
import { CALL_COLUMN, type FilledColumn, tableOfConversations } from "./table.js";

interface PlacedWord {
  call: CallSummary;
  message: Message;
  word: Word;
  position: number;
}

const COLUMNS: readonly FilledColumn<PlacedWord>[] = [
  CALL_COLUMN,
  {
    name: "message_id",
    type: "VARCHAR",
    about: "`messages.id` of its message",
    of: ({ message }) => message.id,
  },
  {
    name: "position",
    type: "INTEGER",
    about: "its place in the message, from 1",
    of: ({ position }) => position,
  },
  {
    name: "role",
    type: "VARCHAR",
    about: "`user` or `agent`",
    of: ({ message }) => message.role,
  },
  { name: "text", type: "VARCHAR", about: "the word", of: ({ word }) => word.text },
  {
    name: "at_s",
    type: "DOUBLE",
    unit: "s",
    about: "when it began, from the call's start",
    of: ({ word }) => word.at_s,
  },
  {
    name: "until_s",
    type: "DOUBLE",
    unit: "s",
    about: "when it ended",
    of: ({ word }) => word.until_s,
  },
  {
    name: "heard",
    type: "BOOLEAN",
    about: "false if the reply was cut off before this word",
    of: ({ word }) => word.heard !== false,
  },
];

export const wordsTable = tableOfConversations(
  "words",
  "one word of a message of which the word times are known",
  COLUMNS,
  (call, { conversation }) =>
    conversation.flatMap((message) =>
      (message.words ?? []).map((word, at) => ({ call, message, word, position: at + 1 })),
    ),
);
