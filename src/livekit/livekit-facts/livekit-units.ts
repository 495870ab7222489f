import type { JsonValue } from "../../record/index.js";

/**
 * Every figure of LiveKit that the record is made of, by the unit that it comes in, which is the same
 * in every version that is supported. LiveKit mixes them: its spans and metrics have milliseconds
 * where its messages have seconds. This is the only place that converts; the rest of TalkTrace has
 * milliseconds for moments and waits, and seconds for lengths of audio and positions in it.
 *
 * The times at which LiveKit's events were made are no figures: `Clock.fromWall()` reads them.
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

/** No wait in a conversation is longer; what is, was measured from the wrong moment. */
const LONGEST_WAIT_MS = 60_000;
/** Clocks that are read one after the other may differ by this. */
const SLACK_MS = 50;
/** Sums of frames are not exact, and an output may report a frame that it had not been given. */
const POSITION_SLACK_S = 1;

/** Reads LiveKit's figures; one that cannot be is told of and undefined, never used. */
export interface LivekitFigures {
  /**
   * A moment, in epoch milliseconds by the system's clock, that lies before `nowMs`, by 60 s at most
   * or `longestMs`.
   */
  moment(
    figure: LivekitFigure,
    value: number,
    nowMs: number,
    longestMs?: number,
  ): number | undefined;
  /** A wait, in milliseconds. */
  wait(figure: LivekitFigure, value: number): number | undefined;
  /** A position in audio of which `lengthS` seconds were handed over, in seconds. */
  position(figure: LivekitFigure, value: number, lengthS: number): number | undefined;
  /** How much sound there was, in seconds: any amount. */
  length(figure: LivekitFigure, value: number): number | undefined;
}

export type ImplausibleFigure = { figure: LivekitFigure; value: JsonValue; unit: Unit };

/** @param onImplausible told of each figure that was left out */
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
