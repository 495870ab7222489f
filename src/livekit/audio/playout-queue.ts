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
  /** The part that a frame of a synthesis belongs to, in the segment that is open. */
  findPart(
    synthesis: unknown,
    nowMs: number,
  ): { part: PlayoutPart; segment: PlayoutSegment; isNew: boolean };
  /** The output is flushed: the next frame begins another segment. */
  closeSegment(): void;
  /** The output says that a playback started. Gives the segment; undefined where none waits for it. */
  start(startedMs: number): PlayoutSegment | undefined;
  /** Takes out the segments that were never played, now that one after them has ended. */
  takeNeverPlayed(): PlayoutSegment[];
  /** Takes out the segment that has ended. */
  takeEnded(event: voice.PlaybackFinishedEvent, nowMs: number): PlayoutSegment;
  /** Nobody listens any more. The queue keeps that segments wait, and forgets their words. */
  forgetSpeech(): void;
  /** The output is paused or cleared. */
  fallSilent(nowMs: number): void;
  /** The output is resumed. */
  goOn(nowMs: number): void;
}

/**
 * @param countPending how many segments the output has accepted that have not ended; undefined where
 * it is not known
 */
export function createPlayoutQueue(countPending: () => number | undefined): PlayoutQueue {
  /** The oldest first. */
  const segments: PlayoutSegment[] = [];
  let open: PlayoutSegment | undefined;

  /** Those that the output accepted. Those it refused come before (see `takeNeverPlayed`). */
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
      // An output may refuse the frames of a segment that was interrupted before it began, and then
      // never reports its end. So what is older than the segment that ended now was never played.
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
      // Of several segments, the oldest is the one that is heard.
      const [segment] = listAccepted();
      if (segment === undefined || isSilent(segment)) return;
      const { silences } = segment;
      const sinceMs = findLastSound(segment, nowMs);
      // A silence that ended a moment ago has not ended, so it is replaced.
      if (silences.at(-1)?.sinceMs === sinceMs) silences.pop();
      silences.push({ sinceMs });
    },
    goOn(nowMs) {
      const silence = listAccepted()[0]?.silences.at(-1);
      if (silence !== undefined) silence.untilMs ??= nowMs;
    },
  };
}
