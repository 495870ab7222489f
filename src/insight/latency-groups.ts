import type { Conversation } from "../record/index.js";
import { type Spread, describeSpread } from "./percentiles.js";
import { type ReplyTable, STAGE_NAMES, tabulateReplies } from "./reply-table.js";
import { type ValueColumn, createValueColumn } from "./value-column.js";
import type { WaitStageName } from "./findings/wait-stages.js";

/**
 * The properties by which replies can be grouped. Hours, days and weeks are those of the recording's
 * clock.
 */
export const LATENCY_GROUPINGS = [
  "all",
  "agent",
  "stt",
  "llm",
  "tts",
  "version",
  "hour",
  "day",
  "week",
] as const;
export type LatencyGrouping = (typeof LATENCY_GROUPINGS)[number];

/** The waits of the replies in one group, in seconds. */
export interface LatencyGroup {
  key: string;
  e2e_s: Spread;
  /** In the usual order of stages. `n` is the number of replies with that stage. */
  stages_s: { [name in WaitStageName]?: Spread };
}

/** The replies of one call, and its agent's version. */
export interface CallReplies {
  replies: ReplyTable;
  version: string;
}

/** Collects the waits of one call after another, and keeps nothing else of a call. */
export interface LatencyCollector {
  add(call: CallReplies): void;
  /** Ordered by key. */
  groups(): LatencyGroup[];
  /** The waits of each group, unordered. The groups are ordered by key. */
  waits(): { key: string; e2e_s: Float64Array }[];
}

interface Group {
  waits: ValueColumn;
  stages: Map<WaitStageName, ValueColumn>;
}

/** @param withStages whether `groups()` includes the stages, which is most of the work */
export function collectLatencies(by: LatencyGrouping = "all", withStages = true): LatencyCollector {
  const groups = new Map<string, Group>();
  const inOrder = (): [string, Group][] => [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const groupOf = (key: string): Group =>
    getOrAdd(groups, key, () => ({ waits: createValueColumn(), stages: new Map() }));
  return {
    add(call) {
      const { replies } = call;
      const found = groupsOfReplies(call, by, groupOf);
      for (let row = 0; row < replies.e2e_s.length; row += 1)
        found(row).waits.add(replies.e2e_s[row]!);
      if (!withStages) return;
      for (const [name, column] of Object.entries(replies.stages_s) as [
        WaitStageName,
        Float64Array,
      ][])
        for (let row = 0; row < column.length; row += 1) {
          const value = column[row]!;
          if (!Number.isNaN(value)) getOrAdd(found(row).stages, name, createValueColumn).add(value);
        }
    },
    groups: () =>
      inOrder().flatMap(([key, { waits, stages }]) => {
        const e2e_s = describeSpread(waits.values());
        if (e2e_s === undefined) return [];
        const stages_s = STAGE_NAMES.flatMap((name) => {
          const spread = describeSpread(stages.get(name)?.values() ?? []);
          return spread === undefined ? [] : [[name, spread] as const];
        });
        return [{ key, e2e_s, stages_s: Object.fromEntries(stages_s) }];
      }),
    waits: () => inOrder().map(([key, { waits }]) => ({ key, e2e_s: waits.values() })),
  };
}

/** The waits for replies of one or more conversations, ordered by key. Pure. */
export function groupLatencies(
  conversations: readonly Pick<Conversation, "conversation">[],
  by: Exclude<LatencyGrouping, "version"> = "all",
): LatencyGroup[] {
  const collector = collectLatencies(by);
  for (const conversation of conversations)
    collector.add({ replies: tabulateReplies(conversation), version: "" });
  return collector.groups();
}

/** Returns a function that gives the group of each reply of a call. */
function groupsOfReplies(
  { replies, version }: CallReplies,
  by: LatencyGrouping,
  groupOf: (key: string) => Group,
): (row: number) => Group {
  if (replies.e2e_s.length === 0 || by === "all" || by === "version") {
    const only = replies.e2e_s.length === 0 ? undefined : groupOf(by === "all" ? "all" : version);
    return () => only!;
  }
  const isTime = by === "hour" || by === "day" || by === "week";
  const places = replies.keys[isTime ? "hour" : by];
  const known = new Map<number, Group>();
  return (row) => {
    const place = places[row]!;
    return getOrAdd(known, place, () => {
      const name = replies.names[place]!;
      if (by === "day") return groupOf(name.slice(0, 10));
      return groupOf(by === "week" ? weekOf(name.slice(0, 10)) : name);
    });
  };
}

const DAY_MS = 86_400_000;

/** The week of a day by ISO 8601, e.g. `2026-W48`; the text itself if the day does not exist. Pure. */
export function weekOf(day: string): string {
  const atMs = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(atMs)) return day;
  // By ISO 8601 a week belongs to the year of its Thursday.
  const thursday = new Date(atMs + (4 - (new Date(atMs).getUTCDay() || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, "0")}`;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
