import { AudioStream, type RemoteTrack } from "@livekit/rtc-node";
import { awaitEvent } from "../../../src/demo/await-event.js";
import { speakInTones } from "../../../src/demo/stand-ins/speak-in-tones.js";
import { createSoundMeter } from "../../../src/demo/stand-ins/sound-meter.js";
import { type AudibleSpan, wallClockMs } from "../../../src/demo/caller-microphone.js";

const SAMPLE_RATE = 24_000;
/** One level of the meter. */
const LEVEL_MS = 20;
/** Far above what the codec makes of silence, and below the softest part of a word. */
const AUDIBLE_DB = -55;
/** Longer than any pause inside a reply, shorter than the one between two. */
const PAUSE_BETWEEN_REPLIES_MS = 420;
const SILENCE_AFTER_REPLY_MS = 500;
/** The share of a reply's sound that counts as all of it: the edges of words are too soft. */
const ALL_OF_IT = 0.85;
/** A jitter buffer on a busy machine drops sound that comes late: the rest of a reply, and a long silence. */
const MOST_OF_IT = 0.5;
const LONG_SILENCE_MS = 2_500;

/** What a caller hears of one agent, by the caller's own clock. */
export interface Ear {
  /** Stretches of sound: one a reply. The last one may still go on. */
  replies(): AudibleSpan[];
  /** Seconds of sound, pauses not counted. */
  audibleS(): number;
  /** Resolves once so much of a reply to come was heard, from its first sound on. */
  untilHeard(seconds: number, patienceMs?: number): Promise<void>;
  /** Resolves once all of the texts were heard, and silence after them. */
  untilSaid(texts: readonly string[], patienceMs?: number): Promise<void>;
  /** Begins anew with what `untilSaid` waits for: what was heard until now is over. */
  mark(): void;
  close(): Promise<void>;
}

export function listen(track: RemoteTrack): Ear {
  const reader = new AudioStream(track, SAMPLE_RATE, 1).getReader();
  const meter = createSoundMeter(SAMPLE_RATE);
  /** When each audible level ended. */
  const audible: number[] = [];
  const listeners = new Set<() => void>();
  let marked = 0;

  const hearing = (async () => {
    for (let frame = await reader.read(); !frame.done; frame = await reader.read()) {
      const nowMs = wallClockMs();
      const levels = meter.push(frame.value.data);
      levels.forEach((level, index) => {
        if (level.loudness_db < AUDIBLE_DB) return;
        audible.push(nowMs - (levels.length - 1 - index) * LEVEL_MS);
      });
      listeners.forEach((tell) => tell());
    }
  })();

  function replies(): AudibleSpan[] {
    const spans: AudibleSpan[] = [];
    for (const endedAtMs of audible) {
      const last = spans.at(-1);
      if (last !== undefined && endedAtMs - last.endedAtMs < PAUSE_BETWEEN_REPLIES_MS) {
        last.endedAtMs = endedAtMs;
      } else {
        spans.push({ startedAtMs: endedAtMs - LEVEL_MS, endedAtMs });
      }
    }
    return spans;
  }

  const until = (what: string, patienceMs: number, isSo: () => boolean) =>
    awaitEvent({
      what,
      isSo,
      patienceMs,
      signal: new AbortController().signal,
      subscribe(onChange) {
        listeners.add(onChange);
        return () => listeners.delete(onChange);
      },
    });

  return {
    replies,
    audibleS: () => (audible.length * LEVEL_MS) / 1000,
    untilHeard(seconds, patienceMs = 20_000) {
      const before = audible.length;
      return until(`${seconds} s of sound`, patienceMs, () => {
        const first = audible[before];
        const last = audible.at(-1);
        return first !== undefined && last !== undefined && last - first >= seconds * 1000;
      });
    },
    untilSaid(texts, patienceMs = 30_000) {
      const expectedS = texts.reduce((sum, text) => sum + soundOf(text), 0);
      return until(`"${texts.join(" ")}"`, patienceMs, () => {
        const heardS = ((audible.length - marked) * LEVEL_MS) / 1000;
        const silentMs = wallClockMs() - (audible.at(-1) ?? wallClockMs());
        if (heardS >= expectedS * ALL_OF_IT) return silentMs >= SILENCE_AFTER_REPLY_MS;
        return heardS >= expectedS * MOST_OF_IT && silentMs >= LONG_SILENCE_MS;
      });
    },
    mark() {
      marked = audible.length;
    },
    async close() {
      await reader.cancel();
      await hearing;
    },
  };
}

/** Seconds of sound that a text has when it is spoken, pauses not counted. */
function soundOf(text: string): number {
  const { words } = speakInTones(text, SAMPLE_RATE);
  return words.reduce((sum, word) => sum + word.end_s - word.start_s, 0);
}
