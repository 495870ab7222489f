import { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import type { Clock } from "./clock.js";
import type { Guard } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { synthesisOf } from "./text-to-speech.js";

/**
 * One stretch of sound between two flushes of an audio output: what LiveKit reports the playback
 * of. It carries one synthesis, or several where a TTS speaks sentence by sentence.
 */
export interface PlayoutSegment {
  parts: PlayoutPart[];
  /** When the first sound was heard, in epoch milliseconds; undefined before. */
  startedMs: number | undefined;
}

export interface PlayoutPart {
  /** What `frame.userdata` says, or undefined for sound of no known synthesis. */
  synthesis: unknown;
  /** Where the part begins in the segment, in seconds of audio. */
  offsetS: number;
  /** How much of it was handed to the output. */
  capturedS: number;
}

export interface PlayoutEnd {
  /** When the sound ceased; on an interruption that is before LiveKit decides about it. */
  endedMs: number;
  /** Seconds of the segment's audio that were played. */
  playedS: number;
  interrupted: boolean;
  /** LiveKit's estimate of what was heard. */
  estimate: string | undefined;
}

export interface AudioOutputListener {
  guard: Guard;
  clock: Clock;
  /** Frames of a synthesis reach the output for the first time. */
  onCapture(part: PlayoutPart, segment: PlayoutSegment): void;
  onStart(segment: PlayoutSegment): void;
  onEnd(segment: PlayoutSegment, end: PlayoutEnd): void;
  /** Gives the synthesis of a frame that lost its mark (LiveKit's resampler makes new frames). */
  guessSynthesis(frame: AudioFrame): unknown;
}

/** An event that is younger than this has just happened. */
const PROMPT_EVENT_MS = 5;

/** How soon after LiveKit resumes an output it has cleared it, when it has decided to interrupt. */
const RESUMED_TO_CLEAR_MS = 250;

/**
 * Listens to what an audio output plays. In a room the output is a chain; only its first link is
 * listened to, since each link reports the same playback again.
 */
export const audioOutputHooks: HookPoint<voice.AudioOutput, AudioOutputListener> = createHookPoint(
  (output: voice.AudioOutput, pickListener: () => AudioOutputListener | undefined) => {
    /** Segments whose playback has not ended, the oldest first. */
    const segments: PlayoutSegment[] = [];
    let open: PlayoutSegment | undefined;
    let capturedS = 0;
    /** The last time the output fell silent though it had more to play, and when it went on. */
    let silence: { sinceMs: number; untilMs?: number } | undefined;

    /** When the caller last heard something of a segment that was cut off at `nowMs`. */
    function lastSoundBefore(nowMs: number): number {
      if (silence === undefined) return nowMs;
      // LiveKit lets a paused output go on for a moment before it clears it.
      const isOver = silence.untilMs !== undefined && nowMs - silence.untilMs > RESUMED_TO_CLEAR_MS;
      return isOver ? nowMs : silence.sinceMs;
    }

    function fallSilent(): void {
      const listener = pickListener();
      if (listener === undefined || segments.length === 0) return;
      if (silence !== undefined && silence.untilMs === undefined) return;
      const nowMs = listener.clock();
      silence = { sinceMs: lastSoundBefore(nowMs) };
    }

    function noteFrame(frame: AudioFrame, listener: AudioOutputListener): void {
      if (open === undefined) {
        open = { parts: [], startedMs: undefined };
        capturedS = 0;
        segments.push(open);
      }
      const synthesis = synthesisOf(frame) ?? listener.guessSynthesis(frame);
      const durationS = frame.samplesPerChannel / frame.sampleRate;
      let part = open.parts.at(-1);
      if (part === undefined || part.synthesis !== synthesis) {
        part = { synthesis, offsetS: capturedS, capturedS: 0 };
        open.parts.push(part);
        listener.onCapture(part, open);
      }
      part.capturedS += durationS;
      capturedS += durationS;
    }

    function noteEnd(event: voice.PlaybackFinishedEvent, listener: AudioOutputListener): void {
      // An output may refuse the frames of a segment that was interrupted before it began, and then
      // never reports its end: what is older than the one that ended now was never played.
      const stillPending =
        (output as { pendingPlayoutSegments?: number }).pendingPlayoutSegments ?? 0;
      const neverPlayed = Math.max(0, segments.length - 1 - stillPending);
      const nowMs = listener.clock();
      const endedMs = event.interrupted ? lastSoundBefore(nowMs) : nowMs;
      for (const segment of segments.splice(0, neverPlayed)) {
        listener.onEnd(segment, { endedMs, playedS: 0, interrupted: true, estimate: undefined });
      }
      const segment = segments.shift() ?? unseenSegment(event, endedMs);
      if (segment === open) open = undefined;
      silence = undefined;
      listener.onEnd(segment, {
        endedMs,
        playedS: event.playbackPosition,
        interrupted: event.interrupted,
        estimate: event.interrupted ? event.synchronizedTranscript : undefined,
      });
    }

    const captureFrame = output.captureFrame.bind(output);
    output.captureFrame = (frame) => {
      const listener = pickListener();
      listener?.guard.run("noted a frame", () => noteFrame(frame, listener));
      return captureFrame(frame);
    };
    const flush = output.flush.bind(output);
    output.flush = () => {
      open = undefined;
      flush();
    };
    const pause = output.pause.bind(output);
    output.pause = () => {
      fallSilent();
      pause();
    };
    const resume = output.resume.bind(output);
    output.resume = () => {
      const nowMs = pickListener()?.clock();
      if (silence !== undefined && nowMs !== undefined) silence.untilMs ??= nowMs;
      resume();
    };
    const clearBuffer = output.clearBuffer.bind(output);
    output.clearBuffer = () => {
      fallSilent();
      clearBuffer();
    };

    output.on(voice.AudioOutput.EVENT_PLAYBACK_STARTED, (event: voice.PlaybackStartedEvent) => {
      const listener = pickListener();
      listener?.guard.run("saw a playback start", () => {
        const segment = segments.find((each) => each.startedMs === undefined);
        if (segment === undefined) return;
        segment.startedMs = onClock(event.createdAt, listener.clock());
        listener.onStart(segment);
      });
    });
    output.on(voice.AudioOutput.EVENT_PLAYBACK_FINISHED, (event: voice.PlaybackFinishedEvent) => {
      const listener = pickListener();
      listener?.guard.run("saw a playback end", () => noteEnd(event, listener));
    });
  },
);

/**
 * When a playback started. LiveKit stamps whole milliseconds of the system's clock; an event that
 * comes at once is dated by ours, so that it cannot lie before what led to it.
 */
function onClock(createdAtMs: number, nowMs: number): number {
  return Math.abs(nowMs - createdAtMs) < PROMPT_EVENT_MS ? nowMs : createdAtMs;
}

/** A segment whose frames had all been handed over before the output was listened to. */
function unseenSegment(
  { playbackPosition }: voice.PlaybackFinishedEvent,
  endedMs: number,
): PlayoutSegment {
  return {
    parts: [{ synthesis: undefined, offsetS: 0, capturedS: playbackPosition }],
    startedMs: endedMs - playbackPosition * 1000,
  };
}
