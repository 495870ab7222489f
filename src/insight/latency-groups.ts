import {
  type AgentMessage,
  type Conversation,
  type StageName,
  sumStages,
} from "../record/index.js";
import { type Spread, describeSpread } from "./percentiles.js";

/** What replies may be told apart by. Hours and days are those of the recording's own clock. */
export const LATENCY_GROUPINGS = ["all", "agent", "stt", "llm", "tts", "hour", "day"] as const;
export type LatencyGrouping = (typeof LATENCY_GROUPINGS)[number];

/** The waits of the replies that have something in common, in seconds. */
export interface LatencyGroup {
  key: string;
  e2e_s: Spread;
  /** In the order in which they usually fall; `n` is how many replies had that stage. */
  stages_s: { [name in StageName]?: Spread };
}

/** Of a reply that does not say, e.g. by which LLM. */
const UNKNOWN = "(unknown)";

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

/** Takes the waits of one conversation after another, and keeps no more of each than those. */
export interface LatencyCollector {
  add(conversation: Pick<Conversation, "conversation">): void;
  /** Ordered by key. */
  groups(): LatencyGroup[];
}

export function collectLatencies(by: LatencyGrouping = "all"): LatencyCollector {
  const groups = new Map<string, { waits: number[]; stages: Map<StageName, number[]> }>();
  return {
    add({ conversation }) {
      const sttModels = findSttModels(conversation);
      for (const message of conversation) {
        if (message.role !== "agent" || message.latency?.e2e_s === undefined) continue;
        const key = keyOf(message, by, sttModels);
        const group = getOrAdd(groups, key, () => ({ waits: [], stages: new Map() }));
        group.waits.push(message.latency.e2e_s);
        for (const { name, duration_s } of sumStages(message.latency))
          getOrAdd(group.stages, name, () => [] as number[]).push(duration_s);
      }
    },
    groups: () =>
      [...groups]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([key, { waits, stages }]) => {
          const e2e_s = describeSpread(waits);
          if (e2e_s === undefined) return [];
          const stages_s = STAGE_NAMES.flatMap((name) => {
            const spread = describeSpread(stages.get(name) ?? []);
            return spread === undefined ? [] : [[name, spread] as const];
          });
          return [{ key, e2e_s, stages_s: Object.fromEntries(stages_s) }];
        }),
  };
}

/** The waits for replies of one or more conversations; ordered by key. Pure. */
export function groupLatencies(
  conversations: readonly Pick<Conversation, "conversation">[],
  by: LatencyGrouping = "all",
): LatencyGroup[] {
  const collector = collectLatencies(by);
  for (const conversation of conversations) collector.add(conversation);
  return collector.groups();
}

function keyOf(
  message: AgentMessage,
  by: LatencyGrouping,
  sttModels: ReadonlyMap<string, string>,
): string {
  switch (by) {
    case "all":
      return "all";
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
    case "day":
      return message.timestamp.slice(0, 10);
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

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
