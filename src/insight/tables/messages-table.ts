import type { Conversation, Message } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";
import { STAGE_NAMES, UNKNOWN, tabulateReplies } from "../reply-table.js";
import type { WaitStageName } from "../findings/wait-stages.js";
import {
  CALL_COLUMN,
  type FilledColumn,
  momentColumns,
  secondsFromStart,
  tableOfConversations,
  turnOf,
} from "./table.js";

/** A message with what only the whole call tells of it. */
interface PlacedMessage {
  call: CallSummary;
  message: Message;
  position: number;
  sttModel: string | undefined;
  stages_s: { [name in WaitStageName]?: number | undefined };
}

const COLUMNS: readonly FilledColumn<PlacedMessage>[] = [
  CALL_COLUMN,
  {
    name: "id",
    type: "VARCHAR",
    about: "unique in its call: `m_1`, `m_2`, ...",
    of: ({ message }) => message.id,
  },
  {
    name: "position",
    type: "INTEGER",
    about: "its place in the call, from 1",
    of: ({ position }) => position,
  },
  {
    name: "turn",
    type: "INTEGER",
    about: "the turn; a reply has the turn that it answers",
    of: ({ message }) => turnOf(message.turn_id),
  },
  {
    name: "role",
    type: "VARCHAR",
    about: "`user` or `agent`",
    of: ({ message }) => message.role,
  },
  {
    name: "content",
    type: "VARCHAR",
    about: "what was said; of the agent, what was heard",
    of: ({ message }) => message.content,
  },
  {
    name: "generated",
    type: "VARCHAR",
    about: "the agent's whole text, if it differs from what was heard",
    of: ({ message }) => (message.role === "agent" ? message.generated : undefined),
  },
  ...momentColumns(
    "when a transcript arrived, or a text went to synthesis",
    ({ message }: PlacedMessage) => message.timestamp,
  ),
  {
    name: "at_s",
    type: "DOUBLE",
    unit: "s",
    about: "when it began to be audible, else `timestamp`, from the call's start",
    of: ({ message, call }) =>
      secondsFromStart(message.started_at, call) ?? secondsFromStart(message.timestamp, call),
  },
  {
    name: "until_s",
    type: "DOUBLE",
    unit: "s",
    about: "when it stopped being audible",
    of: ({ message, call }) => secondsFromStart(message.ended_at, call),
  },
  {
    name: "source",
    type: "VARCHAR",
    about: "e.g. `deepgram_stt`, `cartesia_tts`, `text_input`",
    of: ({ message }) => message.source,
  },
  {
    name: "model",
    type: "VARCHAR",
    about: "the model that transcribed or spoke it",
    of: ({ message }) => message.model,
  },
  {
    name: "llm_model",
    type: "VARCHAR",
    about: "the model that wrote it",
    of: ({ message }) => (message.role === "agent" ? message.llm_model : undefined),
  },
  {
    name: "stt_model",
    type: "VARCHAR",
    about: "the model that transcribed the user in this turn, of replies with `e2e_s`",
    of: ({ sttModel }) => sttModel,
  },
  {
    name: "voice",
    type: "VARCHAR",
    about: "the voice",
    of: ({ message }) => (message.role === "agent" ? message.voice : undefined),
  },
  {
    name: "agent",
    type: "VARCHAR",
    about: "LiveKit's id of the agent that spoke",
    of: ({ message }) => (message.role === "agent" ? message.agent : undefined),
  },
  {
    name: "language",
    type: "VARCHAR",
    about: "a BCP 47 tag",
    of: ({ message }) => message.language,
  },
  {
    name: "confidence",
    type: "DOUBLE",
    unit: "0 to 1",
    about: "how sure the STT was",
    of: ({ message }) => (message.role === "user" ? message.confidence : undefined),
  },
  {
    name: "speaker",
    type: "VARCHAR",
    about: "who spoke, if the STT tells speakers apart",
    of: ({ message }) => (message.role === "user" ? message.speaker : undefined),
  },
  {
    name: "discarded",
    type: "VARCHAR",
    about: "why the agent never used the user's words",
    of: ({ message }) => (message.role === "user" ? message.discarded : undefined),
  },
  {
    name: "taken_as",
    type: "VARCHAR",
    about: "the words that the agent used instead",
    of: ({ message }) => (message.role === "user" ? message.taken_as : undefined),
  },
  {
    name: "delivery",
    type: "VARCHAR",
    about: "what was heard of a reply: `pending`, `full`, `partial` or `none`",
    of: ({ message }) => (message.role === "agent" ? message.delivery : undefined),
  },
  {
    name: "interrupted_by",
    type: "VARCHAR",
    about: "the id of the message that interrupted it",
    of: ({ message }) => (message.role === "agent" ? message.interrupted_by : undefined),
  },
  {
    name: "played_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long a reply was audible",
    of: ({ message }) => (message.role === "agent" ? message.played_s : undefined),
  },
  {
    name: "redacted",
    type: "BOOLEAN",
    about: "whether a review changed or withheld the words",
    of: ({ message }) => message.redacted === true,
  },
  {
    name: "audio_s",
    type: "DOUBLE",
    unit: "s",
    about: "the length of its audio",
    of: ({ message }) => message.audio?.duration_s,
  },
  {
    name: "level_dbfs",
    type: "DOUBLE",
    unit: "dB",
    about: "how loud the speech is, below full scale",
    of: ({ message }) => message.audio?.level_dbfs,
  },
  {
    name: "snr_db",
    type: "DOUBLE",
    unit: "dB",
    about: "how much louder it is than the noise",
    of: ({ message }) => message.audio?.snr_db,
  },
  {
    name: "clipped_share",
    type: "DOUBLE",
    unit: "0 to 1",
    about: "the share of samples at full scale",
    of: ({ message }) => message.audio?.clipped_share,
  },
  {
    name: "gap_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long audio was missing in it",
    of: ({ message }) => message.audio?.gap_s,
  },
  {
    name: "e2e_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long the user waited for this reply",
    of: ({ message }) => (message.role === "agent" ? message.latency?.e2e_s : undefined),
  },
  ...STAGE_NAMES.map((name): FilledColumn<PlacedMessage> => ({
    name: `${name}_s`,
    type: "DOUBLE",
    unit: "s",
    about: `the part of \`e2e_s\` that was ${name.replaceAll("_", " ")}`,
    of: ({ stages_s }) => stages_s[name],
  })),
];

export const messagesTable = tableOfConversations(
  "messages",
  "one message that was heard, typed or shown",
  COLUMNS,
  placeMessages,
);

/** The waits are those of `tabulateReplies()`, which all statistics use. */
function placeMessages(call: CallSummary, conversation: Conversation): PlacedMessage[] {
  const replies = tabulateReplies(conversation);
  let nextRow = 0;
  return conversation.conversation.map((message, at) => {
    const isReply = message.role === "agent" && message.latency?.e2e_s !== undefined;
    const row = isReply ? nextRow++ : undefined;
    const sttModel = row === undefined ? undefined : replies.names[replies.keys.stt[row]!];
    return {
      call,
      message,
      position: at + 1,
      sttModel: sttModel === UNKNOWN ? undefined : sttModel,
      stages_s:
        row === undefined
          ? {}
          : Object.fromEntries(
              Object.entries(replies.stages_s).map(([name, column]) => [
                name,
                knownIn(column, row),
              ]),
            ),
    };
  });
}

function knownIn(column: Float64Array, row: number): number | undefined {
  const value = column[row];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
