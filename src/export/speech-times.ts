import type { Message } from "../record/index.js";
import type { ExportedCall } from "./exported-call.js";

/** When a message was audible, in seconds from the session's start. */
export interface SpeechTimes {
  start_s: number;
  end_s: number;
}

/** The shortest time of a subtitle or label, because readers drop those without length. */
const SHORTEST_S = 0.001;

/**
 * When a message was heard; undefined if nothing of it was, if it was typed or shown, or if the record
 * has no time of its sound. A time that is not recorded is not guessed. Pure.
 */
export function findSpeechTimes(call: ExportedCall, message: Message): SpeechTimes | undefined {
  const start_s = call.secondsOf(message.started_at);
  if (start_s === undefined) return undefined;
  if (message.role === "agent" && message.delivery === "none") return undefined;
  const played_s = message.role === "agent" ? message.played_s : message.audio?.duration_s;
  const end_s =
    call.secondsOf(message.ended_at) ?? (played_s === undefined ? undefined : start_s + played_s);
  if (end_s === undefined) return undefined;
  // A clock that was set may put a beginning before the session's.
  const from_s = Math.max(0, start_s);
  return { start_s: from_s, end_s: Math.max(end_s, from_s + SHORTEST_S) };
}

/** A place in a text, and when it was spoken. */
interface Anchor {
  offset: number;
  at_s: number;
}

/** How far a word is searched, so that words which the text does not have cost little. */
const SEARCHED = 200;

/**
 * Tells when each place of a message's text was spoken: by the word times, and between them by the
 * share of the text. Pure.
 *
 * @returns a function from an offset in `text` to seconds from the session's start. It never falls.
 */
export function timeText(
  message: Message,
  text: string,
  { start_s, end_s }: SpeechTimes,
): (offset: number) => number {
  const anchors: Anchor[] = [{ offset: 0, at_s: start_s }];
  const words = message.words ?? [];
  let from = 0;
  for (const word of words) {
    const found = text.slice(from, from + SEARCHED).indexOf(word.text);
    if (word.text === "" || found < 0) continue;
    const offset = from + found;
    const last = anchors.at(-1);
    const at_s = Math.min(end_s, Math.max(last?.at_s ?? start_s, word.at_s));
    if (offset > (last?.offset ?? 0)) anchors.push({ offset, at_s });
    from = offset + word.text.length;
  }
  anchors.push({ offset: Math.max(text.length, from + 1), at_s: end_s });
  return (offset) => {
    const after = anchors.findIndex((anchor) => anchor.offset > offset);
    const [before, next] = [anchors[after - 1], anchors[after]];
    if (before === undefined || next === undefined) return after === 0 ? start_s : end_s;
    const share = (offset - before.offset) / (next.offset - before.offset);
    return before.at_s + share * (next.at_s - before.at_s);
  };
}

/** A message that was heard, with its times. */
export interface HeardMessage extends SpeechTimes {
  message: Message;
}

/** The messages with a time of sound, in the order in which they began. Pure. */
export function listHeard(call: ExportedCall): HeardMessage[] {
  return call.conversation.conversation
    .flatMap((message) => {
      const times = findSpeechTimes(call, message);
      return times === undefined ? [] : [{ message, ...times }];
    })
    .toSorted((a, b) => a.start_s - b.start_s);
}

/** The length of a call in seconds: to the session's end, or to the last sound. Pure. */
export function lengthOf(call: ExportedCall, heard: readonly HeardMessage[]): number {
  const end_s = call.secondsOf(call.conversation.session.ended_at) ?? 0;
  return heard.reduce(
    (longest, each) => Math.max(longest, each.end_s),
    Math.max(end_s, SHORTEST_S),
  );
}
