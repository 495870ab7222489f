import { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import {
  type PlayoutEnd,
  type PlayoutPart,
  type PlayoutSegment,
  countPlayed,
  findLastSound,
  isSilent,
  newSegment,
  unseenSegment,
} from "../audio/playout-segment.js";
import type { Clock } from "../livekit-facts/clock.js";
import type { Guard, Guarded } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { synthesisOf } from "./tts.js";
import { wrapMethod } from "./wrap-method.js";

export interface AudioOutputListener {
  guard: Guard;
  clock: Clock;
  /** Frames of a synthesis reach the output for the first time. */
  onCapture(part: PlayoutPart, segment: PlayoutSegment): void;
  onStart(segment: PlayoutSegment): void;
  onEnd(segment: PlayoutSegment, end: PlayoutEnd): void;
  /**
   * LiveKit's playback position, in seconds, of a segment of which so much was handed over;
   * undefined where it cannot be.
   */
  readPosition(position: number, capturedS: number): number | undefined;
  /** Gives the synthesis of a frame that lost its mark (LiveKit's resampler makes new frames). */
  guessSynthesis(frame: AudioFrame): unknown;
}

/** An event that is younger than this has just happened. */
const PROMPT_EVENT_MS = 5;

const DOING = {
  onCapture: "noted a frame",
  onStart: "saw a playback start",
  onEnd: "saw a playback end",
  readPosition: "read a playback position",
  guessSynthesis: "looked for the synthesis of a frame",
};

type Listener = Guarded<AudioOutputListener>;

/** Listens to what an audio output plays. */
export const audioOutputHooks: HookPoint<voice.AudioOutput, AudioOutputListener> = createHookPoint(
  DOING,
  (output: voice.AudioOutput, pickListener, guard) => {
    /** Segments whose playback has not ended, the oldest first. */
    const segments: PlayoutSegment[] = [];
    let open: PlayoutSegment | undefined;

    function noteFrame(frame: AudioFrame, listener: Listener): void {
      if (open === undefined) {
        open = { ...newSegment(), firstFrameMs: listener.clock.now() };
        segments.push(open);
      }
      const synthesis = synthesisOf(frame) ?? listener.guessSynthesis(frame);
      const durationS = frame.samplesPerChannel / frame.sampleRate;
      let part = open.parts.at(-1);
      if (part === undefined || part.synthesis !== synthesis) {
        part = { synthesis, offsetS: open.capturedS, capturedS: 0 };
        open.parts.push(part);
        listener.onCapture(part, open);
      }
      part.capturedS += durationS;
      open.capturedS += durationS;
    }

    /** How many segments the output has accepted that have not ended; undefined where it is not known. */
    function countPending(): number | undefined {
      return (output as { pendingPlayoutSegments?: number }).pendingPlayoutSegments;
    }

    /** Segments that the output accepted, the oldest first. Those it refused come before (see `noteEnd`). */
    function listAccepted(): PlayoutSegment[] {
      return segments.slice(-Math.max(countPending() ?? segments.length, 1));
    }

    function noteStart(event: voice.PlaybackStartedEvent, listener: Listener): void {
      const segment = listAccepted().find((each) => each.startedMs === undefined);
      if (segment === undefined) return;
      // LiveKit stamps whole milliseconds; what comes at once is dated by the finer clock, so that
      // it cannot lie before what led to it.
      const createdMs = listener.clock.fromWall(event.createdAt);
      const nowMs = listener.clock.now();
      segment.startedMs = nowMs - createdMs < PROMPT_EVENT_MS ? nowMs : createdMs;
      listener.onStart(segment);
    }

    function noteEnd(event: voice.PlaybackFinishedEvent, listener: Listener): void {
      const nowMs = listener.clock.now();
      // An output may refuse the frames of a segment that was interrupted before it began, and then
      // never reports its end: what is older than the one that ended now was never played.
      const neverPlayed = Math.max(0, segments.length - 1 - (countPending() ?? 0));
      for (const segment of segments.splice(0, neverPlayed)) {
        const endedMs = segment.startedMs ?? nowMs;
        listener.onEnd(segment, { endedMs, playedS: 0, interrupted: true, estimate: undefined });
      }
      const segment = segments.shift() ?? unseenSegment(event, nowMs);
      if (segment === open) open = undefined;
      listener.onEnd(segment, {
        endedMs: event.interrupted ? findLastSound(segment, nowMs) : nowMs,
        // What cannot be is told of; then the clock has to do.
        playedS:
          listener.readPosition(event.playbackPosition, segment.capturedS) ??
          countPlayed(segment, nowMs),
        interrupted: event.interrupted,
        estimate: event.interrupted ? event.synchronizedTranscript : undefined,
      });
    }

    /** The output is paused or cleared: of several segments, the oldest is the one that is heard. */
    function fallSilent(): void {
      const [segment] = listAccepted();
      const nowMs = pickListener()?.clock.now();
      if (segment === undefined || nowMs === undefined || isSilent(segment)) return;
      const { silences } = segment;
      const sinceMs = findLastSound(segment, nowMs);
      // A silence that ended a moment ago has not ended, so it is replaced.
      if (silences.at(-1)?.sinceMs === sinceMs) silences.pop();
      silences.push({ sinceMs });
    }

    function goOn(): void {
      const [segment] = listAccepted();
      const nowMs = pickListener()?.clock.now();
      const silence = segment?.silences.at(-1);
      if (silence !== undefined && nowMs !== undefined) silence.untilMs ??= nowMs;
    }

    wrapMethod(output, "captureFrame", guard, DOING.onCapture, (frame) => {
      const listener = pickListener();
      if (listener !== undefined) noteFrame(frame, listener);
    });
    wrapMethod(output, "flush", guard, "saw a segment end", () => {
      open = undefined;
    });
    wrapMethod(output, "pause", guard, "saw a pause", fallSilent);
    wrapMethod(output, "resume", guard, "saw a pause end", goOn);
    wrapMethod(output, "clearBuffer", guard, "saw speech cleared", fallSilent);
    output.on(voice.AudioOutput.EVENT_PLAYBACK_STARTED, (event: voice.PlaybackStartedEvent) =>
      guard.run(DOING.onStart, () => {
        const listener = pickListener();
        if (listener !== undefined) noteStart(event, listener);
      }),
    );
    output.on(voice.AudioOutput.EVENT_PLAYBACK_FINISHED, (event: voice.PlaybackFinishedEvent) =>
      guard.run(DOING.onEnd, () => {
        const listener = pickListener();
        if (listener !== undefined) noteEnd(event, listener);
      }),
    );
  },
);
