import type { ConversationEvent } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";
import { viewEvent } from "../call-timeline.js";
import {
  CALL_COLUMN,
  type FilledColumn,
  momentColumns,
  secondsFromStart,
  tableOfConversations,
  turnOf,
} from "./table.js";

interface PlacedEvent {
  call: CallSummary;
  event: ConversationEvent;
  position: number;
  viewed: ReturnType<typeof viewEvent>;
}

const COLUMNS: readonly FilledColumn<PlacedEvent>[] = [
  CALL_COLUMN,
  {
    name: "position",
    type: "INTEGER",
    about: "its place among the call's events, from 1",
    of: ({ position }) => position,
  },
  {
    name: "turn",
    type: "INTEGER",
    about: "the turn in which it happened",
    of: ({ event }) => turnOf(event.turn_id),
  },
  {
    name: "type",
    type: "VARCHAR",
    about: "e.g. `tool_call`, `agent_handoff`, `error`, or a name of your own",
    of: ({ event }) => event.type,
  },
  ...momentColumns("when it happened", ({ event }: PlacedEvent) => event.timestamp),
  {
    name: "at_s",
    type: "DOUBLE",
    unit: "s",
    about: "the same from the call's start",
    of: ({ call, event }) => secondsFromStart(event.timestamp, call),
  },
  {
    name: "tool",
    type: "VARCHAR",
    about: "the name of the tool, of a `tool_call`",
    of: ({ viewed }) => (viewed.kind === "tool" ? viewed.name : undefined),
  },
  {
    name: "outcome",
    type: "VARCHAR",
    about: "of a `tool_call`: `ok`, `failed`, `unfinished` or `withheld`",
    of: ({ viewed }) => (viewed.kind === "tool" ? viewed.outcome : undefined),
  },
  {
    name: "tool_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long the tool took",
    of: ({ viewed }) => (viewed.kind === "tool" ? viewed.duration_s : undefined),
  },
  {
    name: "data",
    type: "JSON",
    about: "all its data, e.g. `data->>'output'`",
    of: ({ event }) => JSON.stringify(event.data),
  },
  {
    name: "redacted",
    type: "BOOLEAN",
    about: "whether a review changed or withheld the data",
    of: ({ event }) => event.redacted === true,
  },
];

export const eventsTable = tableOfConversations(
  "events",
  "one event beside the speech, such as a tool call or an error",
  COLUMNS,
  (call, { events }) =>
    events.map((event, at) => ({ call, event, position: at + 1, viewed: viewEvent(event) })),
);
