import { isUndatedStart } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";
import { type FilledColumn, instantOf, localTimeOf, tableOfSummaries } from "./table.js";

const COLUMNS: readonly FilledColumn<CallSummary>[] = [
  {
    name: "call",
    type: "VARCHAR",
    about: "its name, which `show` takes; every table has it",
    of: ({ name }) => name,
  },
  {
    name: "session_id",
    type: "VARCHAR",
    about: "`talktrace.session.id` on the spans",
    of: ({ session_id }) => session_id,
  },
  {
    name: "status",
    type: "VARCHAR",
    about: "`open`, `complete` or `recovered`",
    of: ({ status }) => status,
  },
  {
    name: "close_reason",
    type: "VARCHAR",
    about: "LiveKit's reason",
    of: ({ close_reason }) => close_reason,
  },
  { name: "room", type: "VARCHAR", about: "the room's name", of: ({ room }) => room },
  {
    name: "started_at",
    type: "TIMESTAMPTZ",
    about: "when it began",
    of: ({ started_at }) => instantOf(dateOf(started_at)),
  },
  {
    name: "started_local",
    type: "TIMESTAMP",
    about: "the same by the recorder's own clock, for days and hours",
    of: ({ started_at }) => localTimeOf(dateOf(started_at)),
  },
  {
    name: "duration_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long it took; NULL if its end is not known",
    of: ({ duration_s }) => duration_s,
  },
  {
    name: "version",
    type: "VARCHAR",
    about: "the agent's own version, or else those of the software",
    of: ({ version }) => version,
  },
  { name: "agents", type: "VARCHAR[]", about: "the agents", of: ({ agents }) => agents },
  { name: "models", type: "VARCHAR[]", about: "all models", of: ({ models }) => models },
  { name: "voices", type: "VARCHAR[]", about: "the voices", of: ({ voices }) => voices },
  {
    name: "languages",
    type: "VARCHAR[]",
    about: "BCP 47 tags",
    of: ({ languages }) => languages,
  },
  {
    name: "tools",
    type: "VARCHAR[]",
    about: "the tools that were called",
    of: ({ tools }) => tools,
  },
  {
    name: "demo",
    type: "BOOLEAN",
    about: "whether it has no real caller",
    of: ({ demo }) => demo,
  },
  {
    name: "turns",
    type: "INTEGER",
    about: "how many turns",
    of: ({ figures }) => figures.turns,
  },
  {
    name: "user_messages",
    type: "INTEGER",
    about: "how many messages the user spoke or typed",
    of: ({ user_messages }) => user_messages,
  },
  {
    name: "agent_messages",
    type: "INTEGER",
    about: "how many messages of the agent",
    of: ({ agent_messages }) => agent_messages,
  },
  {
    name: "interruptions",
    type: "INTEGER",
    about: "how many of them the user interrupted",
    of: ({ interruptions }) => interruptions,
  },
  {
    name: "agent_interruptions",
    type: "INTEGER",
    about: "how often the agent began to speak while the user spoke",
    of: ({ figures }) => figures.agent_interruptions,
  },
  {
    name: "backchannels",
    type: "INTEGER",
    about: 'how often the user said no more than "mhm" over the agent',
    of: ({ figures }) => figures.backchannels,
  },
  {
    name: "unheard_words",
    type: "INTEGER",
    unit: "words",
    about: "words of the agent that were not heard",
    of: ({ figures }) => figures.unheard_words,
  },
  {
    name: "median_wait_s",
    type: "DOUBLE",
    unit: "s",
    about: "the median of `messages.e2e_s`",
    of: ({ median_wait_s }) => median_wait_s,
  },
  {
    name: "user_speech_s",
    type: "DOUBLE",
    unit: "s",
    about: "speech of the user",
    of: ({ figures }) => figures.user_speech_s,
  },
  {
    name: "agent_speech_s",
    type: "DOUBLE",
    unit: "s",
    about: "speech of the agent",
    of: ({ figures }) => figures.agent_speech_s,
  },
  {
    name: "agent_talk_ratio",
    type: "DOUBLE",
    unit: "0 to 1",
    about: "the agent's share of all speech",
    of: ({ figures }) => figures.agent_talk_ratio,
  },
  {
    name: "user_words_per_minute",
    type: "DOUBLE",
    unit: "words/min",
    about: "how fast the user spoke",
    of: ({ figures }) => figures.user_words_per_minute,
  },
  {
    name: "agent_words_per_minute",
    type: "DOUBLE",
    unit: "words/min",
    about: "how fast the agent spoke",
    of: ({ figures }) => figures.agent_words_per_minute,
  },
  {
    name: "overlap_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long both sides were audible together",
    of: ({ figures }) => figures.overlap_s,
  },
  {
    name: "silence_s",
    type: "DOUBLE",
    unit: "s",
    about: "how long nobody was audible, in long silences",
    of: ({ figures }) => figures.silences?.total_s,
  },
  {
    name: "longest_silence_s",
    type: "DOUBLE",
    unit: "s",
    about: "the longest of these silences",
    of: ({ figures }) => figures.silences?.longest_s,
  },
  {
    name: "findings",
    type: "INTEGER",
    about: "how many findings it has",
    of: ({ found }) => found.reduce((sum, { n }) => sum + n, 0),
  },
  {
    name: "worst",
    type: "VARCHAR",
    about: "the worst severity among them: `bad`, `warn` or `note`",
    of: ({ worst }) => worst,
  },
  {
    name: "tags",
    type: "VARCHAR[]",
    about: "what `talktrace tag` gave it",
    of: ({ sidecar }) => sidecar?.tags ?? [],
  },
  {
    name: "verdict",
    type: "VARCHAR",
    about: "what `talktrace verdict` said",
    of: ({ sidecar }) => sidecar?.verdict ?? undefined,
  },
  {
    name: "notes",
    type: "INTEGER",
    about: "how many notes people wrote about it",
    of: ({ sidecar }) => sidecar?.notes.length ?? 0,
  },
  {
    name: "attributes",
    type: "JSON",
    about: "`session.attributes`, e.g. `attributes->>'tenant'`",
    of: ({ attributes }) => (attributes === undefined ? undefined : JSON.stringify(attributes)),
  },
];

export const conversationsTable = tableOfSummaries("conversations", "one call", COLUMNS, (call) => [
  call,
]);

function dateOf(startedAt: string): string | undefined {
  return isUndatedStart(startedAt) ? undefined : startedAt;
}
