import { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import { type PlayoutQueue, createPlayoutQueue } from "../audio/playout-queue.js";
import {
  type PlayoutEnd,
  type PlayoutPart,
  type PlayoutSegment,
  countPlayed,
  findLastSound,
} from "../audio/playout-segment.js";
import type { Clock } from "../livekit-facts/clock.js";
import { valueAt } from "../livekit-facts/private-property.js";
import type { Guard, Guarded } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { synthesisOf } from "./tts.js";
import { wrapMethod } from "./wrap-method.js";

export interface AudioOutputListener {
  guard: Guard;
  clock: Clock;
  /** The first frame of a synthesis reaches the output. */
  onCapture(part: PlayoutPart, segment: PlayoutSegment): void;
  onStart(segment: PlayoutSegment): void;
  onEnd(segment: PlayoutSegment, end: PlayoutEnd): void;
  /**
   * LiveKit's playback position in seconds; undefined if it cannot be true of a segment of which
   * `capturedS` was handed over.
   */
  readPosition(position: number, capturedS: number): number | undefined;
  /** Gives the synthesis of a frame that lost its mark (LiveKit's resampler makes new frames). */
  guessSynthesis(frame: AudioFrame): unknown;
}

/** An event that is younger than this counts as happening now. */
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
  (output: voice.AudioOutput, pickListener, guard, onLeft) => {
    const queue = queues.get(output) ?? createPlayoutQueue(() => countPending(output));
    queues.set(output, queue);

    function noteFrame(frame: AudioFrame, listener: Listener): void {
      const nowMs = listener.clock.now();
      const synthesis = synthesisOf(frame) ?? listener.guessSynthesis(frame);
      const { part, segment, isNew } = queue.findPart(synthesis, nowMs);
      if (isNew) listener.onCapture(part, segment);
      const durationS = frame.samplesPerChannel / frame.sampleRate;
      part.capturedS += durationS;
      segment.capturedS += durationS;
    }

    function noteStart(event: voice.PlaybackStartedEvent, listener: Listener): void {
      // LiveKit stamps whole milliseconds. A prompt event is dated by our finer clock, so that it
      // cannot seem earlier than its cause.
      const createdMs = listener.clock.fromWall(event.createdAt);
      const nowMs = listener.clock.now();
      const segment = queue.start(nowMs - createdMs < PROMPT_EVENT_MS ? nowMs : createdMs);
      if (segment !== undefined) listener.onStart(segment);
    }

    function noteEnd(event: voice.PlaybackFinishedEvent, listener: Listener): void {
      const nowMs = listener.clock.now();
      for (const segment of queue.takeNeverPlayed()) {
        const endedMs = segment.startedMs ?? nowMs;
        listener.onEnd(segment, { endedMs, playedS: 0, interrupted: true, estimate: undefined });
      }
      const segment = queue.takeEnded(event, nowMs);
      listener.onEnd(segment, {
        endedMs: event.interrupted ? findLastSound(segment, nowMs) : nowMs,
        // `readPosition` reports an impossible position. Then the clock gives the time.
        playedS:
          listener.readPosition(event.playbackPosition, segment.capturedS) ??
          countPlayed(segment, nowMs),
        interrupted: event.interrupted,
        estimate: event.interrupted ? event.synchronizedTranscript : undefined,
      });
    }

    function fallSilent(): void {
      const listener = pickListener();
      if (listener !== undefined) queue.fallSilent(listener.clock.now());
    }

    function goOn(): void {
      const listener = pickListener();
      if (listener !== undefined) queue.goOn(listener.clock.now());
    }

    const onCapture = (frame: AudioFrame): void => {
      const listener = pickListener();
      if (listener !== undefined) noteFrame(frame, listener);
    };
    const onStart = (event: voice.PlaybackStartedEvent): void =>
      guard.run(DOING.onStart, () => {
        const listener = pickListener();
        if (listener !== undefined) noteStart(event, listener);
      });
    const onEnd = (event: voice.PlaybackFinishedEvent): void =>
      guard.run(DOING.onEnd, () => {
        const listener = pickListener();
        if (listener !== undefined) noteEnd(event, listener);
      });
    onLeft(
      wrapMethod(output, "captureFrame", guard, DOING.onCapture, onCapture),
      wrapMethod(output, "flush", guard, "saw a segment end", queue.closeSegment),
      wrapMethod(output, "pause", guard, "saw a pause", fallSilent),
      wrapMethod(output, "resume", guard, "saw a pause end", goOn),
      wrapMethod(output, "clearBuffer", guard, "saw speech cleared", fallSilent),
      () => queue.forgetSpeech(),
    );
    output.on(voice.AudioOutput.EVENT_PLAYBACK_STARTED, onStart);
    onLeft(() => output.off(voice.AudioOutput.EVENT_PLAYBACK_STARTED, onStart));
    output.on(voice.AudioOutput.EVENT_PLAYBACK_FINISHED, onEnd);
    onLeft(() => output.off(voice.AudioOutput.EVENT_PLAYBACK_FINISHED, onEnd));
  },
);

/**
 * An output may outlive its session. It may still play that session's audio, and report its end in the
 * next session. So its queue stays, but without the words.
 */
const queues = new WeakMap<voice.AudioOutput, PlayoutQueue>();

/** How many segments the output has accepted and not ended. LiveKit keeps this count private. */
function countPending(output: voice.AudioOutput): number | undefined {
  const count = valueAt(output, "pendingPlayoutSegments");
  return typeof count === "number" ? count : undefined;
}
