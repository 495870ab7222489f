import {
  type Timestamp,
  UNDATED_START,
  type Word,
  parseTimestamp,
  toTimestamp,
} from "../record/index.js";
import { type Fields, asFields, isMoment, roundSeconds } from "./fields.js";

/**
 * While a file is read, the start of a call without a date. It is not that of the document,
 * `UNDATED_START`, because `isMoment()` refuses times before 1990.
 */
const UNDATED_MS = Date.UTC(2000, 0, 1);
/** No call is longer. A file that says so has another unit. */
const LONGEST_CALL_S = 7 * 24 * 3600;

/** The clock of a call whose times count from its start. Moments are milliseconds. */
export class CallClock {
  readonly startMs: number;
  readonly isUndated: boolean;
  readonly #offsetMs: number;

  /**
   * @param startMs milliseconds since 1970; undefined if the file does not say it
   * @param offsetMs how long after the call's start the times begin that `momentAt()` gets
   */
  constructor(startMs: number | undefined, offsetMs = 0) {
    this.isUndated = startMs === undefined;
    this.startMs = startMs ?? UNDATED_MS;
    this.#offsetMs = offsetMs;
  }

  /** The same clock for a recording that began at a moment of the call. */
  forRecording(beganMs: number): CallClock {
    return new CallClock(this.isUndated ? undefined : this.startMs, beganMs - this.startMs);
  }

  /** The moment of a time in seconds; undefined if it is none, before the start or days after it. */
  momentAt(seconds: unknown): number | undefined {
    const isTime = typeof seconds === "number" && seconds >= 0 && seconds <= LONGEST_CALL_S;
    return isTime ? this.startMs + this.#offsetMs + seconds * 1000 : undefined;
  }

  /** Whether a moment can be of this call. Its maker may note the start some seconds too late. */
  isOfCall(ms: number): boolean {
    return (
      this.isUndated || (ms >= this.startMs - 60_000 && ms <= this.startMs + LONGEST_CALL_S * 1000)
    );
  }

  /** Seconds from the start. */
  secondsOf(ms: number): number {
    return roundSeconds((ms - this.startMs) / 1000);
  }

  /** The moment in the form of the record. Without a date it counts from `UNDATED_START`. */
  timestampOf(ms: number | undefined): Timestamp | undefined {
    if (ms === undefined) return undefined;
    if (this.isUndated) return toTimestamp(ms - UNDATED_MS + parseTimestamp(UNDATED_START), 0);
    return isMoment(ms) ? toTimestamp(ms) : undefined;
  }
}

/** Where a list of words has its facts. Times are seconds from the call's start. */
export interface WordKeys {
  /** The first of these that has a text is the word. */
  text: readonly string[];
  start: string;
  end: string;
}

export interface TimedWords {
  words?: Word[];
  startMs?: number;
  endMs?: number;
  /** Times that cannot be: they were left out. */
  badTimes: number;
}

/**
 * The words of a message, and when it began and ended. If a word has no time, or a time before that of
 * the word before it, the words are left out, and only begin and end are kept.
 */
export function readWords(list: unknown, keys: WordKeys, clock: CallClock): TimedWords {
  if (!Array.isArray(list)) return { badTimes: 0 };
  const words: Word[] = [];
  let badTimes = 0;
  let startMs: number | undefined;
  let endMs: number | undefined;
  let isOrdered = true;
  let previousMs = 0;
  for (const item of list) {
    const fields = asFields(item);
    const text = fields === undefined ? undefined : wordOf(fields, keys);
    if (fields === undefined || text === undefined) continue;
    const fromMs = clock.momentAt(fields[keys.start]);
    const untilMs = clock.momentAt(fields[keys.end]);
    if (fromMs === undefined || untilMs === undefined || untilMs < fromMs) {
      badTimes += fields[keys.start] === undefined && fields[keys.end] === undefined ? 0 : 1;
      isOrdered = false;
      continue;
    }
    if (fromMs < previousMs) {
      badTimes += 1;
      isOrdered = false;
    }
    previousMs = fromMs;
    startMs = Math.min(startMs ?? fromMs, fromMs);
    endMs = Math.max(endMs ?? untilMs, untilMs);
    words.push({ text, at_s: clock.secondsOf(fromMs), until_s: clock.secondsOf(untilMs) });
  }
  return {
    ...(isOrdered && words.length > 0 && { words }),
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    badTimes,
  };
}

function wordOf(fields: Fields, { text }: WordKeys): string | undefined {
  for (const key of text) {
    const value = fields[key];
    const word = typeof value === "string" ? value.trim() : "";
    if (word !== "") return word;
  }
  return undefined;
}
