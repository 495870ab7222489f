import type { voice } from "@livekit/agents";

/**
 * One stretch of sound between two flushes of an audio output: what LiveKit reports the playback
 * of. It carries one synthesis, or several where a TTS speaks sentence by sentence.
 */
export interface PlayoutSegment {
  parts: PlayoutPart[];
  /** How much was handed to the output, in seconds. */
  capturedS: number;
  /** When the first of it was handed to the output; undefined where that was not seen. */
  firstFrameMs: number | undefined;
  /** When the first sound was heard, in epoch milliseconds; undefined before. */
  startedMs: number | undefined;
  /** Each time that it fell silent though there was more to play, and when it went on. */
  silences: { sinceMs: number; untilMs?: number }[];
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

/** LiveKit resumes a paused output before it interrupts the reply, and clears it within this time. */
const RESUMED_TO_CLEAR_MS = 250;

/** When something of a segment was heard last, if it is cut off now. */
export function findLastSound({ silences, startedMs }: PlayoutSegment, nowMs: number): number {
  const silence = silences.at(-1);
  if (silence === undefined) return nowMs;
  // A resume just before the end is LiveKit's interruption, so the sound ended with the pause.
  const wentOn = silence.untilMs !== undefined && nowMs - silence.untilMs > RESUMED_TO_CLEAR_MS;
  return wentOn ? nowMs : Math.max(silence.sinceMs, startedMs ?? silence.sinceMs);
}

/** Seconds played by the clock if the segment is cut off now. Used if the output reports none. */
export function countPlayed(segment: PlayoutSegment, nowMs: number): number {
  const { startedMs, silences } = segment;
  if (startedMs === undefined) return 0;
  const lastSoundMs = findLastSound(segment, nowMs);
  let playedMs = lastSoundMs - startedMs;
  for (const { sinceMs, untilMs = sinceMs } of silences)
    if (untilMs <= lastSoundMs) playedMs -= Math.max(untilMs - Math.max(sinceMs, startedMs), 0);
  return Math.min(Math.max(playedMs / 1000, 0), segment.capturedS);
}

/** When a position of a segment was heard, pauses before it counted; undefined before it began. */
export function findMoment(
  { startedMs, silences }: PlayoutSegment,
  positionS: number,
): number | undefined {
  if (startedMs === undefined) return undefined;
  let atMs = startedMs + positionS * 1000;
  for (const { sinceMs, untilMs } of silences) {
    const fromMs = Math.max(sinceMs, startedMs);
    if (untilMs === undefined || fromMs > atMs) break;
    atMs += Math.max(untilMs - fromMs, 0);
  }
  return atMs;
}

export function isSilent({ silences }: PlayoutSegment): boolean {
  const silence = silences.at(-1);
  return silence !== undefined && silence.untilMs === undefined;
}

export function newSegment(): PlayoutSegment {
  return {
    parts: [],
    capturedS: 0,
    firstFrameMs: undefined,
    startedMs: undefined,
    silences: [],
  };
}

/** A segment whose frames had all been handed over before the output was listened to. */
export function unseenSegment(
  { playbackPosition }: voice.PlaybackFinishedEvent,
  endedMs: number,
): PlayoutSegment {
  return {
    ...newSegment(),
    parts: [{ synthesis: undefined, offsetS: 0, capturedS: playbackPosition }],
    capturedS: playbackPosition,
    startedMs: endedMs - playbackPosition * 1000,
  };
}
