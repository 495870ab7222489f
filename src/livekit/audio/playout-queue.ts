import type { voice } from "@livekit/agents";
import {
  type PlayoutPart,
  type PlayoutSegment,
  findLastSound,
  isSilent,
  newSegment,
  unseenSegment,
} from "./playout-segment.js";

/** The segments of one audio output whose playback has not ended. Times in epoch milliseconds. */
export interface PlayoutQueue {
  /** The part of the open segment that a frame of a synthesis belongs to. */
  findPart(
    synthesis: unknown,
    nowMs: number,
  ): { part: PlayoutPart; segment: PlayoutSegment; isNew: boolean };
  /** The output is flushed. The next frame begins another segment. */
  closeSegment(): void;
  /**
   * The output reports the start of a playback. Returns its segment; undefined if none waits for a
   * start.
   */
  start(startedMs: number): PlayoutSegment | undefined;
  /** Removes the segments that were never played, because a later one has ended. */
  takeNeverPlayed(): PlayoutSegment[];
  /** Removes the segment that has ended. */
  takeEnded(event: voice.PlaybackFinishedEvent, nowMs: number): PlayoutSegment;
  /**
   * Nobody listens any more. The queue still counts the segments that the output has not finished, and
   * forgets which syntheses they carry.
   */
  forgetSpeech(): void;
  /** The output is paused or cleared. */
  fallSilent(nowMs: number): void;
  /** The output is resumed. */
  goOn(nowMs: number): void;
}

/** @param countPending how many segments the output has accepted and not ended; undefined if unknown */
export function createPlayoutQueue(countPending: () => number | undefined): PlayoutQueue {
  /** Oldest first. */
  const segments: PlayoutSegment[] = [];
  let open: PlayoutSegment | undefined;

  /** The segments that the output accepted. Those it refused come before them (see `takeNeverPlayed`). */
  function listAccepted(): PlayoutSegment[] {
    return segments.slice(-Math.max(countPending() ?? segments.length, 1));
  }

  return {
    findPart(synthesis, nowMs) {
      if (open === undefined) {
        open = { ...newSegment(), firstFrameMs: nowMs };
        segments.push(open);
      }
      const latest = open.parts.at(-1);
      if (latest !== undefined && latest.synthesis === synthesis)
        return { part: latest, segment: open, isNew: false };
      const part: PlayoutPart = { synthesis, offsetS: open.capturedS, capturedS: 0 };
      open.parts.push(part);
      return { part, segment: open, isNew: true };
    },
    closeSegment() {
      open = undefined;
    },
    start(startedMs) {
      const segment = listAccepted().find((each) => each.startedMs === undefined);
      if (segment !== undefined) segment.startedMs = startedMs;
      return segment;
    },
    takeNeverPlayed() {
      // An output may refuse the frames of a segment that was interrupted before it began. Then it
      // never reports that segment's end. So segments older than the one that ended now were never
      // played.
      return segments.splice(0, Math.max(0, segments.length - 1 - (countPending() ?? 0)));
    },
    takeEnded(event, nowMs) {
      const segment = segments.shift() ?? unseenSegment(event, nowMs);
      if (segment === open) open = undefined;
      return segment;
    },
    forgetSpeech() {
      open = undefined;
      const count = Math.min(countPending() ?? 0, segments.length);
      segments.splice(0, segments.length - count);
      const waiting = segments.splice(0);
      segments.push(...waiting.map((segment) => ({ ...segment, parts: [] })));
    },
    fallSilent(nowMs) {
      // If there are several segments, the oldest one is heard now.
      const [segment] = listAccepted();
      if (segment === undefined || isSilent(segment)) return;
      const { silences } = segment;
      const sinceMs = findLastSound(segment, nowMs);
      // If the last silence ended within 250 ms, `findLastSound` gives its beginning. An equal
      // `sinceMs` is that same silence, which goes on.
      if (silences.at(-1)?.sinceMs === sinceMs) silences.pop();
      silences.push({ sinceMs });
    },
    goOn(nowMs) {
      const silence = listAccepted()[0]?.silences.at(-1);
      if (silence !== undefined) silence.untilMs ??= nowMs;
    },
  };
}
