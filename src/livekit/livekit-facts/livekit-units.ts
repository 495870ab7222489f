import type { JsonValue } from "../../record/index.js";

/**
 * Every number of LiveKit that goes into the record, with its unit, which is the same in all supported
 * versions. LiveKit mixes units: spans and metrics have milliseconds, messages have seconds.
 *
 * Only this file converts. The rest of TalkTrace has milliseconds for moments and waits, and seconds
 * for lengths of audio and positions in it. The times of LiveKit's events are read by
 * `Clock.fromWall()`.
 */
const UNITS = {
  "eou_metrics.lastSpeakingTimeMs": "ms",
  "eou_metrics.endOfUtteranceDelayMs": "ms",
  "function_call.createdAt": "ms",
  "function_call_output.createdAt": "ms",
  "playback_finished.playbackPosition": "s",
  "model_usage.audioDurationMs": "ms",
  "user_transcription_timeout.speechDuration": "ms",
} as const;
export type LivekitFigure = keyof typeof UNITS;

type Unit = "ms" | "s";

/** A longer wait is no wait: it was measured from a wrong moment. */
const LONGEST_WAIT_MS = 60_000;
/** Clocks that are read one after the other may differ by this much. */
const SLACK_MS = 50;
/** Sums of frames are not exact, and an output may report a frame before it got it. */
const POSITION_SLACK_S = 1;

/** Reads LiveKit's numbers. An impossible number is reported, never used, and read as undefined. */
export interface LivekitFigures {
  /**
   * A moment in epoch milliseconds by the system's clock. It must be before `nowMs`, by at most 60 s or
   * `longestMs`.
   */
  moment(
    figure: LivekitFigure,
    value: number,
    nowMs: number,
    longestMs?: number,
  ): number | undefined;
  /** A wait, in milliseconds. */
  wait(figure: LivekitFigure, value: number): number | undefined;
  /** A position in seconds, in audio of which `lengthS` seconds were handed over. */
  position(figure: LivekitFigure, value: number, lengthS: number): number | undefined;
  /** A length of audio in seconds, of any size. */
  length(figure: LivekitFigure, value: number): number | undefined;
}

export type ImplausibleFigure = { figure: LivekitFigure; value: JsonValue; unit: Unit };

/** @param onImplausible called with each number that was left out */
export function readLivekitFigures(
  onImplausible: (figure: ImplausibleFigure) => void,
): LivekitFigures {
  function check(figure: LivekitFigure, value: number, isPlausible: boolean): boolean {
    if (isPlausible) return true;
    // JSON has no NaN and no infinity.
    const written = Number.isFinite(value) ? value : String(value);
    onImplausible({ figure, value: written, unit: UNITS[figure] });
    return false;
  }

  function inMs(figure: LivekitFigure, value: number): number {
    return UNITS[figure] === "s" ? value * 1000 : value;
  }

  return {
    moment(figure, value, nowMs, longestMs = LONGEST_WAIT_MS) {
      const ms = inMs(figure, value);
      const agoMs = nowMs - ms;
      return check(figure, value, agoMs >= -SLACK_MS && agoMs <= longestMs) ? ms : undefined;
    },
    wait(figure, value) {
      const ms = inMs(figure, value);
      return check(figure, value, ms >= 0 && ms <= LONGEST_WAIT_MS) ? ms : undefined;
    },
    position(figure, value, lengthS) {
      const seconds = inMs(figure, value) / 1000;
      const isPlausible = seconds >= 0 && seconds <= lengthS + POSITION_SLACK_S;
      return check(figure, value, isPlausible) ? seconds : undefined;
    },
    length(figure, value) {
      const seconds = inMs(figure, value) / 1000;
      return check(figure, value, seconds >= 0 && seconds < Infinity) ? seconds : undefined;
    },
  };
}

/** Seconds with three decimals: providers send floats like 1.2000000000000002. */
export function roundToMillis(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
