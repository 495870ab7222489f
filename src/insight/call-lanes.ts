import { type Conversation, type Message, readTimestamp } from "../record/index.js";
import type { TimelineEntry, ToolEntry } from "./call-timeline.js";
import type { WaitStageName } from "./findings/wait-stages.js";
import { STAGE_FAMILIES, type StageFamily } from "./stage-families.js";

/** Who was heard when, and what filled the silences. All times are in seconds from the session's start. */
export interface CallLanes {
  /** The end of the session, or of the last thing in it. */
  length_s: number;
  speeches: LaneSpeech[];
  waits: LaneWait[];
  tools: LaneTool[];
}

export interface LaneSpeech {
  id: string;
  who: "user" | "agent";
  from_s: number;
  until_s: number;
  /** How long the part is that was synthesised and never heard. */
  unheard_s?: number;
  /** Nobody knows yet how much of it is heard. */
  is_pending?: true;
}

/** The silence between the caller's last sound and the first of a reply. */
export interface LaneWait {
  id: string;
  from_s: number;
  until_s: number;
  stages: { name: WaitStageName; family: StageFamily; from_s: number; until_s: number }[];
}

export interface LaneTool {
  name: string;
  from_s: number;
  until_s: number;
  outcome: ToolEntry["outcome"];
}

/**
 * The lanes of a call. What has no recorded time of sound is in no lane. Pure.
 *
 * @param entries the call's timeline, from `viewTimeline()`
 */
export function viewLanes(
  { conversation, session }: Pick<Conversation, "conversation" | "session">,
  entries: readonly TimelineEntry[],
): CallLanes {
  const startMs = readTimestamp(session.started_at);
  const toS = (timestamp: string | undefined): number | undefined => {
    const ms = readTimestamp(timestamp);
    return ms === undefined || startMs === undefined
      ? undefined
      : Math.round((ms - startMs) * 1000) / 1e6;
  };
  const speeches = conversation.flatMap((message) => viewSpeech(message, toS));
  const heardAt = new Map(speeches.map(({ id, from_s }) => [id, from_s]));
  const waits = entries.flatMap((entry) => {
    if (entry.kind !== "message" || entry.message.latency === undefined) return [];
    const { id, stages, latency } = entry.message;
    const heard_s = heardAt.get(id);
    const [first, last] = [stages[0], stages.at(-1)];
    const sound_s = latency.marks.playback_start;
    if (heard_s === undefined || sound_s === undefined || first === undefined || !last) return [];
    const origin_s = heard_s - sound_s;
    const place = (at_s: number): number => Math.round((origin_s + at_s) * 1e6) / 1e6;
    return [
      {
        id,
        from_s: place(first.start_s),
        until_s: place(last.end_s),
        stages: stages.map(({ name, start_s, end_s }) => ({
          name,
          family: STAGE_FAMILIES[name],
          from_s: place(start_s),
          until_s: place(end_s),
        })),
      },
    ];
  });
  const tools = entries.flatMap((entry): LaneTool[] => {
    if (entry.kind !== "tool" || entry.at_s === undefined) return [];
    const { name, at_s, duration_s = 0, outcome } = entry;
    return [{ name, from_s: at_s, until_s: at_s + duration_s, outcome }];
  });
  const ends = [...speeches, ...waits, ...tools].map(({ until_s }) => until_s);
  const length_s = ends.reduce((most, end) => Math.max(most, end), toS(session.ended_at) ?? 0);
  return { length_s, speeches, waits, tools };
}

function viewSpeech(
  message: Message,
  toS: (timestamp: string | undefined) => number | undefined,
): LaneSpeech[] {
  const from_s = toS(message.started_at);
  const agent = message.role === "agent" ? message : undefined;
  if (from_s === undefined || agent?.delivery === "none") return [];
  const audio_s = message.audio?.duration_s;
  const played_s = agent?.played_s;
  const length_s = agent === undefined ? audio_s : (played_s ?? audio_s);
  const until_s = toS(message.ended_at) ?? (length_s === undefined ? undefined : from_s + length_s);
  if (until_s === undefined) return [];
  const heard_s = played_s ?? until_s - from_s;
  const unheard_s =
    agent?.delivery === "partial" && audio_s !== undefined ? audio_s - heard_s : undefined;
  return [
    {
      id: message.id,
      who: message.role,
      from_s,
      until_s: Math.max(from_s, until_s),
      ...(unheard_s !== undefined && unheard_s > 0.01 && { unheard_s }),
      ...(agent?.delivery === "pending" && { is_pending: true as const }),
    },
  ];
}
