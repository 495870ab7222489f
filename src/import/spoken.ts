import type { JsonValue, SpeechEndBy } from "../record/index.js";
import type { CallClock } from "./call-clock.js";
import type { DraftAgent, DraftCall, DraftUser } from "./draft-call.js";
import { toLatency } from "./draft-latency.js";
import { type Fields, textAt, toJsonValue } from "./fields.js";
import { type ToolRun, toToolEvent } from "./tool-call.js";

/** A message with the moments at which its speech began and ended, in milliseconds. */
export interface Spoken {
  draft: DraftUser | DraftAgent;
  startMs?: number | undefined;
  endMs?: number | undefined;
}

/**
 * Gives each reply that directly follows the user's words its wait: from their last sound to its first.
 * A reply that began earlier has none.
 *
 * @param spoken in the order in which they were said
 * @param measuredBy the software that measured the times
 * @param speechEndBy how it found the end of the user's words, if that is known
 */
export function noteWaits(
  spoken: readonly Spoken[],
  measuredBy: string,
  speechEndBy?: SpeechEndBy,
): void {
  for (const [index, { draft, startMs, endMs }] of spoken.entries()) {
    const before = spoken[index - 1];
    if (draft.role !== "agent" || draft.latency !== undefined) continue;
    if (before?.draft.role !== "user" || before.endMs === undefined) continue;
    if (startMs === undefined || startMs < before.endMs) continue;
    const latency = toLatency(
      { speech_end: before.endMs, playback_start: startMs, playback_end: endMs },
      measuredBy,
      speechEndBy === undefined ? {} : { speechEndBy },
    );
    if (latency !== undefined) draft.latency = latency;
  }
}

/**
 * A reply of a transcript that its maker made of the sound: the words were heard. Whether there were more
 * of them is not known.
 */
export const HEARD = { delivery: "full", heard_by: "estimate" } as const;

/** Counts what a reader did not understand, so that one line can say it. */
export class UnreadCount {
  readonly #kinds = new Map<string, number>();
  #badTimes = 0;

  add(kind: string, count = 1): void {
    const known = this.#kinds.get(kind);
    // A hostile file may have a new kind in each entry.
    const name = known === undefined && this.#kinds.size >= 5 ? "others" : kind.slice(0, 40);
    this.#kinds.set(name, (this.#kinds.get(name) ?? 0) + count);
  }

  addTimes(count: number): void {
    this.#badTimes += count;
  }

  /** For the list of what is missing. */
  describe(): string[] {
    const all = [...this.#kinds.values()].reduce((sum, count) => sum + count, 0);
    const kinds = [...this.#kinds].map(([kind, count]) => `${count} ${JSON.stringify(kind)}`);
    return [
      ...(all === 0
        ? []
        : [`${all} ${all === 1 ? "entry" : "entries"} not understood (${kinds.join(", ")})`]),
      ...(this.#badTimes === 0
        ? []
        : [
            this.#badTimes === 1
              ? "1 time that cannot be"
              : `${this.#badTimes} times that cannot be`,
          ]),
    ];
  }
}

/** The events of tool calls on a call's clock. One without any time is counted. */
export function toToolEvents(
  runs: Iterable<ToolRun>,
  clock: CallClock,
  unread: UnreadCount,
): NonNullable<DraftCall["events"]>[number][] {
  return [...runs].flatMap((run) => {
    const event = toToolEvent(run);
    const timestamp = clock.timestampOf(run.startMs ?? run.endMs);
    if (event !== undefined && timestamp !== undefined) return [{ ...event, timestamp }];
    unread.add("tool call without a time");
    return [];
  });
}

/** A document's head holds the id, and is read up to some kilobytes. */
const LONGEST_ID = 200;

/** The maker's id of a call. */
export function idAt(fields: Fields, key: string): string | undefined {
  const id = textAt(fields, key);
  return id !== undefined && id.length <= LONGEST_ID ? id : undefined;
}

/** The values at the keys, as attributes of the session with the maker's name before them. */
export function pickAttributes(
  maker: string,
  fields: Fields,
  keys: readonly string[],
): { [key: string]: JsonValue } {
  const attributes: { [key: string]: JsonValue } = {};
  for (const key of keys) {
    const value = toJsonValue(fields[key]);
    if (value !== undefined && !isEmpty(value)) attributes[`${maker}.${key}`] = value;
  }
  return attributes;
}

function isEmpty(value: JsonValue): boolean {
  return value === "" || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
}

/** Lines such as `Agent: Hello.`, which some APIs give beside the messages. Others are counted. */
export function readTranscriptLines(
  text: string,
  names: ReadonlyMap<string, "user" | "agent">,
  unread: UnreadCount,
): Spoken[] {
  const spoken: Spoken[] = [];
  for (const line of text.split(/\r\n|[\n\r]/)) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    const role = colon < 0 ? undefined : names.get(line.slice(0, colon).trim().toLowerCase());
    const last = spoken.at(-1);
    if (role !== undefined) {
      spoken.push({ draft: toDraft(role, line.slice(colon + 1).trim()) });
    } else if (last === undefined) unread.add("line of text");
    else last.draft.content += `\n${line.trim()}`;
  }
  return spoken;
}

/** A message of which only the words are known. What was heard of a reply is then not known. */
function toDraft(role: "user" | "agent", content: string): DraftUser | DraftAgent {
  return role === "user"
    ? { role, content, source: "unknown" }
    : { role, content, source: "unknown", delivery: "pending" };
}
