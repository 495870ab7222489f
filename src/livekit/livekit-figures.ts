import type { JsonValue } from "../record/index.js";

/**
 * Every figure of LiveKit that the record is made of, by the unit that it comes in. LiveKit mixes
 * them: its spans and metrics have milliseconds where its messages have seconds. This is the only
 * place that converts; the rest of TalkTrace has milliseconds for moments and waits, and seconds for
 * positions in audio.
 */
const UNITS = {
  "eou_metrics.lastSpeakingTimeMs": "ms",
  "eou_metrics.endOfUtteranceDelayMs": "ms",
  "function_call.createdAt": "ms",
  "function_call_output.createdAt": "ms",
  "playback_finished.playbackPosition": "s",
} as const;
export type LivekitFigure = keyof typeof UNITS;

type Unit = "ms" | "s";

/** Units that another version had. `before` is the first version of the usual unit. */
const FORMER_UNITS: readonly { figure: LivekitFigure; before: string; unit: Unit }[] = [];

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
}

export type ImplausibleFigure = { figure: LivekitFigure; value: JsonValue; unit: Unit };

/**
 * @param version LiveKit's own
 * @param onImplausible told of each figure that was left out
 */
export function readLivekitFigures(
  version: string,
  onImplausible: (figure: ImplausibleFigure) => void,
  formerUnits: typeof FORMER_UNITS = FORMER_UNITS,
): LivekitFigures {
  function unitOf(figure: LivekitFigure): Unit {
    const former = formerUnits.find(
      (each) => each.figure === figure && isBefore(version, each.before),
    );
    return former?.unit ?? UNITS[figure];
  }

  function check(figure: LivekitFigure, value: number, isPlausible: boolean): boolean {
    if (isPlausible) return true;
    // JSON has no NaN and no infinity.
    const written = Number.isFinite(value) ? value : String(value);
    onImplausible({ figure, value: written, unit: unitOf(figure) });
    return false;
  }

  function inMs(figure: LivekitFigure, value: number): number {
    return unitOf(figure) === "s" ? value * 1000 : value;
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
  };
}

function isBefore(version: string, other: string): boolean {
  const [left, right] = [version, other].map((each) => each.split(/[.-]/).map(Number));
  for (const [index, part] of (right ?? []).entries()) {
    const difference = (left?.[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
