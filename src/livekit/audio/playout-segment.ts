import type { voice } from "@livekit/agents";

/**
 * A stretch of audio between two flushes of an audio output. LiveKit reports its playback as a whole.
 * It carries one synthesis, or several if a TTS speaks sentence by sentence.
 */
export interface PlayoutSegment {
  parts: PlayoutPart[];
  /** Seconds of audio that were handed to the output. */
  capturedS: number;
  /** When its first frame was handed to the output; undefined if that was not seen. */
  firstFrameMs: number | undefined;
  /** When its first sound was heard, in epoch milliseconds; undefined before. */
  startedMs: number | undefined;
  /** The times in which it was silent although there was more to play. */
  silences: { sinceMs: number; untilMs?: number }[];
}

export interface PlayoutPart {
  /** The synthesis in `frame.userdata`; undefined for audio of no known synthesis. */
  synthesis: unknown;
  /** Where the part begins in the segment, in seconds of audio. */
  offsetS: number;
  /** Seconds of the part that were handed to the output. */
  capturedS: number;
}

export interface PlayoutEnd {
  /** When the sound stopped. On an interruption that is before LiveKit decides about it. */
  endedMs: number;
  /** Seconds of the segment's audio that were played. */
  playedS: number;
  interrupted: boolean;
  /** LiveKit's estimate of what was heard. */
  estimate: string | undefined;
}

/** To interrupt a paused reply, LiveKit resumes the output, and clears it within this time. */
const RESUMED_TO_CLEAR_MS = 250;

/** When a segment was last heard, if it is cut off now. */
export function findLastSound({ silences, startedMs }: PlayoutSegment, nowMs: number): number {
  const silence = silences.at(-1);
  if (silence === undefined) return nowMs;
  // A resume just before the end belongs to LiveKit's interruption. So the sound ended at the pause.
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

/** When a position of a segment was heard, with the pauses before it; undefined before it began. */
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

/** A segment whose frames were all handed over before we listened to the output. */
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
