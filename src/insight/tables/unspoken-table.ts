import type { UnspokenMessage } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";
import {
  CALL_COLUMN,
  type FilledColumn,
  momentColumns,
  secondsFromStart,
  tableOfConversations,
  turnOf,
} from "./table.js";

interface UnspokenInCall {
  call: CallSummary;
  message: UnspokenMessage;
}

const COLUMNS: readonly FilledColumn<UnspokenInCall>[] = [
  CALL_COLUMN,
  {
    name: "id",
    type: "VARCHAR",
    about: "unique among the call's messages",
    of: ({ message }) => message.id,
  },
  {
    name: "turn",
    type: "INTEGER",
    about: "the turn that it would have answered",
    of: ({ message }) => turnOf(message.turn_id),
  },
  {
    name: "content",
    type: "VARCHAR",
    about: "the whole text",
    of: ({ message }) => message.content,
  },
  {
    name: "reason",
    type: "VARCHAR",
    about: "why nobody heard it: `discarded`, `failed` or `closed`",
    of: ({ message }) => message.reason,
  },
  {
    name: "error",
    type: "VARCHAR",
    about: "what failed",
    of: ({ message }) => message.error,
  },
  ...momentColumns(
    "when its text went to synthesis",
    ({ message }: UnspokenInCall) => message.timestamp,
  ),
  {
    name: "at_s",
    type: "DOUBLE",
    unit: "s",
    about: "the same from the call's start",
    of: ({ call, message }) => secondsFromStart(message.timestamp, call),
  },
  {
    name: "source",
    type: "VARCHAR",
    about: "e.g. `cartesia_tts`",
    of: ({ message }) => message.source,
  },
  {
    name: "model",
    type: "VARCHAR",
    about: "the model that was to speak it",
    of: ({ message }) => message.model,
  },
  {
    name: "llm_model",
    type: "VARCHAR",
    about: "the model that wrote it",
    of: ({ message }) => message.llm_model,
  },
  {
    name: "agent",
    type: "VARCHAR",
    about: "LiveKit's id of the agent",
    of: ({ message }) => message.agent,
  },
];

export const unspokenTable = tableOfConversations(
  "unspoken",
  "one synthesis of which the caller heard nothing",
  COLUMNS,
  (call, { unspoken }) => unspoken.map((message) => ({ call, message })),
);
