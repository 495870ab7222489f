import type { AudioFrame } from "@livekit/rtc-node";
import type { SoundQuality } from "../../../otel/index.js";
import { WINDOW_MS, describeSound, findSpeechThreshold } from "./audio-windows.js";
import { createDatedWindows } from "./dated-windows.js";

/** The caller's audio as it reached the session. Times are on the conversation's clock. */
export interface CallerAudio {
  /** Takes a frame that has just come. */
  onFrame(frame: AudioFrame): void;
  /** When speech was last heard between two moments; undefined if there was no speech or no audio. */
  findLastSpeech(sinceMs: number, untilMs: number): number | undefined;
  /** The start of the speech that runs at `atMs` or begins soon after it. */
  findSpeechStart(atMs: number): number | undefined;
  describe(sinceMs: number, untilMs: number): SoundQuality;
}

/** Noise is also measured in this much audio before a stretch. */
const NOISE_MS = 5000;
/** A run of windows is speech if `LOUD_WINDOWS` of `RUN_WINDOWS` are loud; less is a click. */
const RUN_WINDOWS = 3;
const LOUD_WINDOWS = 2;
/** Shorter silences belong to the speech. */
const LONGEST_PAUSE_MS = 250;
/** A detector may report the start of speech this much too late. */
const LATEST_DETECTION_MS = 1500;
/** A detector may report the start of speech this much too early. */
const EARLIEST_DETECTION_MS = 300;

export function createCallerAudio(now: () => number): CallerAudio {
  const { onFrame, between, gapsBetween } = createDatedWindows(now);

  function thresholdFor(sinceMs: number, untilMs: number): number {
    return findSpeechThreshold(between(sinceMs - NOISE_MS, untilMs).map(({ power }) => power));
  }

  return {
    onFrame,
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
      // Noise is measured in the pauses and in the time before, because people also speak without
      // pauses.
      const around = between(sinceMs - NOISE_MS, untilMs);
      const quality = describeSound(heard, threshold);
      const { snr_db } = describeSound(
        around.filter((window) => window.endMs > sinceMs || window.power < threshold),
        threshold,
      );
      const missing = gapsBetween(sinceMs, untilMs);
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
