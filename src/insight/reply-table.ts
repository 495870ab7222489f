import { type AgentMessage, type Conversation, isUndatedStart, toSpeech } from "../record/index.js";
import {
  type WaitStageName,
  listAgentSpeech,
  once,
  splitWait,
  sumWait,
} from "./findings/wait-stages.js";

/** In their usual order. */
export const STAGE_NAMES: readonly WaitStageName[] = [
  "speech_to_text",
  "end_of_turn",
  "turn_hook",
  "dispatch",
  "earlier_speech",
  "tool_llm",
  "tool_call",
  "tool",
  "llm",
  "first_words",
  "text_to_speech",
  "playback",
  "unattributed",
];

/**
 * The properties by which a reply is grouped: the agent, each model, and the hour of the recording's
 * own clock.
 */
export const REPLY_KEYS = ["agent", "stt", "llm", "tts", "hour"] as const;
export type ReplyKey = (typeof REPLY_KEYS)[number];

/** The value of a reply without this property, e.g. without a known LLM. */
export const UNKNOWN = "(unknown)";

/**
 * The replies of a call with a known wait, one column for each figure, because statistics read hundreds
 * of thousands of replies. All columns have the same length.
 */
export interface ReplyTable {
  /** How long the caller waited, in seconds. */
  e2e_s: Float64Array;
  /** The time of each stage in that wait, in seconds; NaN if a reply did not have the stage. */
  stages_s: { [name in WaitStageName]?: Float64Array };
  /** The names to which `keys` point. */
  names: string[];
  /** For each reply, the index in `names` of its agent, models and hour. */
  keys: { [key in ReplyKey]: Uint32Array };
}

/** Pure. */
export function tabulateReplies({
  conversation,
  session,
}: Pick<Conversation, "conversation"> & Partial<Pick<Conversation, "session">>): ReplyTable {
  const replies = conversation.flatMap((message) =>
    message.role === "agent" && message.latency?.e2e_s !== undefined
      ? [{ message, e2e_s: message.latency.e2e_s }]
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
  const hours =
    session !== undefined && isUndatedStart(session.started_at)
      ? Uint32Array.from(replies, () => placeOf(UNKNOWN))
      : columnOf("hour");
  const keys = {
    agent: columnOf("agent"),
    stt: columnOf("stt"),
    llm: columnOf("llm"),
    tts: columnOf("tts"),
    hour: hours,
  };
  const stages_s: ReplyTable["stages_s"] = {};
  const listSpoken = once(() => listAgentSpeech(conversation.map(toSpeech)));
  for (const [row, { message }] of replies.entries())
    for (const { name, duration_s } of sumWait(splitWait(message, listSpoken)))
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

/** A reply has the turn that it answers, so this turn's user message names the STT model. */
function findSttModels(conversation: Conversation["conversation"]): Map<string, string> {
  return new Map(
    conversation.flatMap(({ role, turn_id, model }) =>
      role === "user" && model !== undefined ? [[turn_id, model] as const] : [],
    ),
  );
}
