import type { AudioFrame } from "@livekit/rtc-node";
import type { SoundQuality } from "../../../otel/index.js";
import {
  WINDOW_MS,
  type SoundWindow,
  createSoundWindows,
  describeSound,
  findSpeechThreshold,
} from "./audio-windows.js";

/** The caller's sound as it reached the session. Times are on the conversation's clock. */
export interface CallerAudio {
  /** Takes a frame that has just come. */
  onFrame(frame: AudioFrame): void;
  /**
   * When speech was heard last between two moments; undefined where there was none, or no sound
   * came at all.
   */
  findLastSpeech(sinceMs: number, untilMs: number): number | undefined;
  /** When the speech began that was going on at a moment, or begins soon after it. */
  findSpeechStart(atMs: number): number | undefined;
  describe(sinceMs: number, untilMs: number): SoundQuality;
}

/** How much sound is kept: longer than anyone speaks without a pause. */
const KEPT_WINDOWS = 120_000 / WINDOW_MS;
/** How much sound before a stretch tells the noise around it. */
const NOISE_MS = 5000;
/** Of so many windows in a row */
const RUN_WINDOWS = 3;
/** this many are loud in speech: what is shorter is a click. */
const LOUD_WINDOWS = 2;
/** Shorter silences are part of the speech. */
const LONGEST_PAUSE_MS = 250;
/** A detector may find a start this much too late, */
const LATEST_DETECTION_MS = 1500;
/** or this much too early. */
const EARLIEST_DETECTION_MS = 300;

/** Frames that are so late for so long will not be made up for: sound is missing. */
const MISSING_MS = 60;
const MISSING_FOR_MS = 1000;
/** The caller's clock and this one may differ by this share. */
const CLOCK_DRIFT = 0.0002;

interface HeardWindow extends SoundWindow {
  endMs: number;
}

/**
 * Dates sound by when it came. Frames come late when a network or the event loop is busy, and never
 * early: the earliest one tells when the others were due, and sound is dated by that.
 */
export function createCallerAudio(now: () => number): CallerAudio {
  const kept: HeardWindow[] = [];
  /** Where in `kept` the oldest window is, once all places are taken. */
  let oldest = 0;
  const gaps: { atMs: number; lengthMs: number }[] = [];
  /** How much sound has come, and how much later than that the earliest of it came. */
  let positionMs = 0;
  let leadMs = Infinity;
  /** Since when frames have been late, and by how much the least. */
  let late: { sinceMs: number; windows: number; leastMs: number } | undefined;

  const windows = createSoundWindows((window) => {
    positionMs += WINDOW_MS;
    const heard = { ...window, endMs: 0 };
    pending.push(heard);
  });
  const pending: HeardWindow[] = [];

  function keep(window: HeardWindow): void {
    if (kept.length < KEPT_WINDOWS) {
      kept.push(window);
    } else {
      kept[oldest] = window;
      oldest = (oldest + 1) % KEPT_WINDOWS;
    }
  }

  function noteLateness(arrivedMs: number, added: number): void {
    const lateMs = arrivedMs - (leadMs + positionMs);
    if (lateMs < MISSING_MS) {
      late = undefined;
      return;
    }
    late ??= { sinceMs: arrivedMs, windows: 0, leastMs: Infinity };
    late.windows += added;
    late.leastMs = Math.min(late.leastMs, lateMs);
    if (arrivedMs - late.sinceMs < MISSING_FOR_MS) return;
    const { leastMs } = late;
    positionMs += leastMs;
    const moved = latest(late.windows);
    gaps.push({ atMs: moved[0]?.endMs ?? arrivedMs, lengthMs: leastMs });
    if (gaps.length > KEPT_WINDOWS) gaps.shift();
    for (const window of moved) window.endMs += leastMs;
    late = undefined;
  }

  function latest(count: number): HeardWindow[] {
    const inOrder = [...kept.slice(oldest), ...kept.slice(0, oldest)];
    return inOrder.slice(Math.max(0, inOrder.length - count));
  }

  /** Windows in order, those that ended after `sinceMs` and not after `untilMs`. */
  function between(sinceMs: number, untilMs: number): HeardWindow[] {
    const found: HeardWindow[] = [];
    for (let back = 1; back <= kept.length; back += 1) {
      const window = kept[(oldest + kept.length - back) % kept.length];
      if (window === undefined || window.endMs <= sinceMs) break;
      if (window.endMs <= untilMs) found.push(window);
    }
    return found.toReversed();
  }

  function thresholdFor(sinceMs: number, untilMs: number): number {
    return findSpeechThreshold(between(sinceMs - NOISE_MS, untilMs).map(({ power }) => power));
  }

  return {
    onFrame(frame) {
      const arrivedMs = now();
      windows.push(frame);
      leadMs = Math.min(arrivedMs - positionMs, leadMs + pending.length * WINDOW_MS * CLOCK_DRIFT);
      for (const [index, window] of pending.entries()) {
        window.endMs = leadMs + positionMs - (pending.length - 1 - index) * WINDOW_MS;
        keep(window);
      }
      noteLateness(arrivedMs, pending.length);
      pending.length = 0;
    },
    findLastSpeech(sinceMs, untilMs) {
      const threshold = thresholdFor(sinceMs, untilMs);
      const heard = between(sinceMs, untilMs);
      const isLoud = heard.map(({ power }) => power >= threshold);
      for (let index = heard.length - 1; index >= 0; index -= 1) {
        const run = isLoud.slice(Math.max(0, index + 1 - RUN_WINDOWS), index + 1);
        if (isLoud[index] === true && isSpeech(run)) return heard[index]?.endMs;
      }
      return undefined;
    },
    findSpeechStart(atMs) {
      const sinceMs = atMs - LATEST_DETECTION_MS;
      const untilMs = atMs + EARLIEST_DETECTION_MS;
      const heard = between(sinceMs, untilMs);
      const threshold = thresholdFor(sinceMs, untilMs);
      const isLoud = heard.map(({ power }) => power >= threshold);
      let startMs: number | undefined;
      for (let index = heard.length - 1; index >= 0; index -= 1) {
        const beginsMs = (heard[index]?.endMs ?? 0) - WINDOW_MS;
        if (startMs !== undefined && startMs - beginsMs > LONGEST_PAUSE_MS) break;
        if (isLoud[index] === true && isSpeech(isLoud.slice(index, index + RUN_WINDOWS)))
          startMs = beginsMs;
      }
      return startMs;
    },
    describe(sinceMs, untilMs) {
      const heard = between(sinceMs, untilMs);
      if (heard.length === 0) return {};
      const threshold = thresholdFor(sinceMs, untilMs);
      // The noise is that of the pauses, and of the time before: people speak without pauses.
      const around = between(sinceMs - NOISE_MS, untilMs);
      const quality = describeSound(heard, threshold);
      const { snr_db } = describeSound(
        around.filter((window) => window.endMs > sinceMs || window.power < threshold),
        threshold,
      );
      const missing = gaps.filter(({ atMs }) => atMs > sinceMs && atMs <= untilMs);
      const missingMs = missing.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
      return {
        ...quality,
        ...(snr_db === undefined ? {} : { snr_db }),
        gaps: missing.length,
        gap_s: Math.round(missingMs) / 1000,
      };
    },
  };
}

function isSpeech(run: readonly boolean[]): boolean {
  return run.filter(Boolean).length >= LOUD_WINDOWS;
}
