import type { AudioFrame } from "@livekit/rtc-node";
import type { SoundQuality } from "../../../otel/index.js";
import { type SoundWindow, createSoundWindows, describeSound } from "./audio-windows.js";

/** The sound of one synthesis, as the provider gave it. */
export interface SynthesisAudio {
  readonly durationS: number;
  /** Of the audio as it came, in hertz; undefined before any did. */
  readonly sampleRate: number | undefined;
  /**
   * Takes a frame that has just come.
   *
   * @param wantedMs when it was asked for; what nobody asked for is not late
   */
  onFrame(frame: AudioFrame, nowMs: number, wantedMs: number): void;
  describe(): SoundQuality;
}

/** Frames that are late by less than this do not interrupt what is being played. */
const SHORTEST_GAP_MS = 20;

export function createSynthesisAudio(): SynthesisAudio {
  const heard: SoundWindow[] = [];
  const windows = createSoundWindows((window) => heard.push(window));
  let durationS = 0;
  let sampleRate: number | undefined;
  let gaps = 0;
  let missingMs = 0;
  /** When what has come would have been played, if it had been played as it came. */
  let lastsUntilMs: number | undefined;

  return {
    get durationS() {
      return durationS;
    },
    get sampleRate() {
      return sampleRate;
    },
    onFrame(frame, nowMs, wantedMs) {
      const frameS = frame.samplesPerChannel / frame.sampleRate;
      windows.push(frame);
      durationS += frameS;
      sampleRate = frame.sampleRate;
      const gapMs = lastsUntilMs === undefined ? 0 : nowMs - Math.max(lastsUntilMs, wantedMs);
      if (gapMs > SHORTEST_GAP_MS) {
        gaps += 1;
        missingMs += gapMs;
      }
      lastsUntilMs = Math.max(lastsUntilMs ?? nowMs, nowMs) + frameS * 1000;
    },
    describe: () =>
      heard.length === 0
        ? {}
        : { ...describeSound(heard), gaps, gap_s: Math.round(missingMs) / 1000 },
  };
}
