import {
  type AgentMessage,
  type Conversation,
  type StageName,
  sumStages,
} from "../record/index.js";

/** In the order in which they usually fall. */
export const STAGE_NAMES: readonly StageName[] = [
  "speech_to_text",
  "end_of_turn",
  "turn_hook",
  "dispatch",
  "tool_llm",
  "tool_call",
  "tool",
  "llm",
  "first_words",
  "text_to_speech",
  "playback",
  "unattributed",
];

/** What a reply is known by: the agent, the model of each kind, and the hour of the recording's own clock. */
export const REPLY_KEYS = ["agent", "stt", "llm", "tts", "hour"] as const;
export type ReplyKey = (typeof REPLY_KEYS)[number];

/** Of a reply that does not say, e.g. by which LLM. */
export const UNKNOWN = "(unknown)";

/**
 * The replies of a call whose wait is known, a column a figure: statistics go over hundreds of
 * thousands of them. All columns have the same length.
 */
export interface ReplyTable {
  /** How long the caller waited, in seconds. */
  e2e_s: Float64Array;
  /** What of that each stage took, in seconds; NaN where a reply had no such stage. */
  stages_s: { [name in StageName]?: Float64Array };
  /** What `keys` point to. */
  names: string[];
  /** Of each reply, the place of its agent, models and hour in `names`. */
  keys: { [key in ReplyKey]: Uint32Array };
}

/** Pure. */
export function tabulateReplies({ conversation }: Pick<Conversation, "conversation">): ReplyTable {
  const replies = conversation.flatMap((message) =>
    message.role === "agent" && message.latency?.e2e_s !== undefined
      ? [{ message, latency: message.latency, e2e_s: message.latency.e2e_s }]
      : [],
  );
  const sttModels = findSttModels(conversation);
  const places = new Map<string, number>();
  const placeOf = (name: string): number => {
    const known = places.get(name) ?? places.size;
    places.set(name, known);
    return known;
  };
  const columnOf = (key: ReplyKey): Uint32Array =>
    Uint32Array.from(replies, ({ message }) => placeOf(keyOf(message, key, sttModels)));
  const keys = {
    agent: columnOf("agent"),
    stt: columnOf("stt"),
    llm: columnOf("llm"),
    tts: columnOf("tts"),
    hour: columnOf("hour"),
  };
  const stages_s: ReplyTable["stages_s"] = {};
  for (const [row, { latency }] of replies.entries())
    for (const { name, duration_s } of sumStages(latency))
      (stages_s[name] ??= new Float64Array(replies.length).fill(NaN))[row] = duration_s;
  return {
    e2e_s: Float64Array.from(replies, ({ e2e_s }) => e2e_s),
    stages_s,
    names: [...places.keys()],
    keys,
  };
}

function keyOf(
  message: AgentMessage,
  by: ReplyKey,
  sttModels: ReadonlyMap<string, string>,
): string {
  switch (by) {
    case "agent":
      return message.agent ?? UNKNOWN;
    case "stt":
      return sttModels.get(message.turn_id) ?? UNKNOWN;
    case "llm":
      return message.llm_model ?? UNKNOWN;
    case "tts":
      return message.model ?? UNKNOWN;
    case "hour":
      return `${message.timestamp.slice(0, 13)}:00`;
  }
}

/** A reply has the turn of what it answers, so the turn tells what heard the question. */
function findSttModels(conversation: Conversation["conversation"]): Map<string, string> {
  return new Map(
    conversation.flatMap(({ role, turn_id, model }) =>
      role === "user" && model !== undefined ? [[turn_id, model] as const] : [],
    ),
  );
}
