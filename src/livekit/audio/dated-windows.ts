import type { AudioFrame } from "@livekit/rtc-node";
import { WINDOW_MS, type SoundWindow, createSoundWindows } from "./audio-windows.js";
import { createRecentWindows } from "./recent-windows.js";

/** A window of audio, and when it ended on the conversation's clock. */
export interface HeardWindow extends SoundWindow {
  endMs: number;
}

/** Audio in windows, each dated with the time at which it was due. */
export interface DatedWindows {
  /** Takes a frame that has just come. */
  onFrame(frame: AudioFrame): void;
  /** The windows that ended after `sinceMs` and not after `untilMs`, the oldest first. */
  between(sinceMs: number, untilMs: number): HeardWindow[];
  /** The gaps after `sinceMs` and not after `untilMs`. */
  gapsBetween(sinceMs: number, untilMs: number): SoundGap[];
}

/** A time for which audio never came. */
export interface SoundGap {
  atMs: number;
  lengthMs: number;
}

/** How much audio is kept: longer than anyone speaks without a pause. */
const KEPT_WINDOWS = 120_000 / WINDOW_MS;
/** A delay of this much means that audio is missing, if it lasts for `MISSING_FOR_MS`. */
const MISSING_MS = 60;
const MISSING_FOR_MS = 1000;
/** The caller's clock and ours may differ by this share. */
const CLOCK_DRIFT = 0.0002;

/**
 * Dates audio by its arrival. Frames come late if the network or the event loop is busy, but never
 * early. So the earliest frame tells when all others were due, and audio is dated by that.
 */
export function createDatedWindows(now: () => number): DatedWindows {
  const recent = createRecentWindows<HeardWindow>(KEPT_WINDOWS);
  const gaps: SoundGap[] = [];
  /** How much audio has come, and how much later than that its earliest frame came. */
  let positionMs = 0;
  let leadMs = Infinity;
  /** Since when frames have been late, and the smallest delay since then. */
  let late: { sinceMs: number; windows: number; leastMs: number } | undefined;
  /** The windows of the frame that is read now. They have no date yet. */
  const pending: HeardWindow[] = [];
  const windows = createSoundWindows((window) => {
    positionMs += WINDOW_MS;
    pending.push({ ...window, endMs: 0 });
  });

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
    skipGap(arrivedMs, late);
    late = undefined;
  }

  /** The delay stays, so audio is missing. The late windows came on time, after a gap. */
  function skipGap(arrivedMs: number, since: { windows: number; leastMs: number }): void {
    positionMs += since.leastMs;
    const moved = recent.latest(since.windows);
    gaps.push({ atMs: moved[0]?.endMs ?? arrivedMs, lengthMs: since.leastMs });
    if (gaps.length > KEPT_WINDOWS) gaps.shift();
    for (const window of moved) window.endMs += since.leastMs;
  }

  return {
    onFrame(frame) {
      const arrivedMs = now();
      windows.push(frame);
      leadMs = Math.min(arrivedMs - positionMs, leadMs + pending.length * WINDOW_MS * CLOCK_DRIFT);
      for (const [index, window] of pending.entries()) {
        window.endMs = leadMs + positionMs - (pending.length - 1 - index) * WINDOW_MS;
        recent.add(window);
      }
      noteLateness(arrivedMs, pending.length);
      pending.length = 0;
    },
    between: recent.between,
    gapsBetween: (sinceMs, untilMs) => gaps.filter(({ atMs }) => atMs > sinceMs && atMs <= untilMs),
  };
}
