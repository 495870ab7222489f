import type { AudioFrame } from "@livekit/rtc-node";
import type { SoundQuality } from "../../../otel/index.js";

/** Measurements of one window of audio. */
export interface SoundWindow {
  /** Mean square of its samples; full scale is 1. */
  power: number;
  /** The largest sample, 0 to 1. */
  peak: number;
  /** How many samples were at full scale. */
  clipped: number;
  samples: number;
}

export const WINDOW_MS = 10;

/** The lowest level reported, because 16-bit audio has nothing below it. */
const SILENCE_DBFS = -96;
const FULL_SCALE = 32_768;
/** A sample this large was clipped by whoever recorded it. */
const CLIPPED_SAMPLE = 32_767;

/** Speech is louder than the noise by this much. */
const ABOVE_NOISE_DB = 9;
/** Sound this much quieter than the speech around it is echo or breath. */
const BELOW_SPEECH_DB = 35;
/** Sound quieter than this is never speech. */
const QUIETEST_SPEECH_DBFS = -60;
/** The quietest share of windows, which is assumed to be noise only. */
const NOISE_SHARE = 0.1;
/** The level of speech is read at this share of the audible windows, sorted by loudness. */
const SPEECH_SHARE = 0.9;
/** A signal-to-noise ratio needs at least this many windows of noise. */
const SMALLEST_NOISE_WINDOWS = 10;

/** Cuts frames of any length into windows of `WINDOW_MS`. All channels together are one window. */
export function createSoundWindows(onWindow: (window: SoundWindow) => void): {
  push(frame: AudioFrame): void;
} {
  let sum = 0;
  let peak = 0;
  let clipped = 0;
  let samples = 0;
  return {
    push({ data, sampleRate, channels }) {
      const size = Math.round((sampleRate * WINDOW_MS) / 1000) * channels;
      for (let index = 0; index < data.length; index += 1) {
        const sample = data[index] ?? 0;
        const magnitude = sample < 0 ? -sample : sample;
        sum += sample * sample;
        if (magnitude > peak) peak = magnitude;
        if (magnitude >= CLIPPED_SAMPLE) clipped += 1;
        samples += 1;
        if (samples < size) continue;
        onWindow({
          power: sum / samples / FULL_SCALE ** 2,
          peak: peak / FULL_SCALE,
          clipped,
          samples,
        });
        sum = peak = clipped = samples = 0;
      }
    },
  };
}

/** Finds the power from which on a window is speech, compared with the windows around it. Pure. */
export function findSpeechThreshold(powers: readonly number[]): number {
  const sorted = powers.toSorted((a, b) => a - b);
  const noise = toDbfs(sorted[Math.floor(sorted.length * NOISE_SHARE)] ?? 0);
  const loudest = toDbfs(sorted.at(-1) ?? 0);
  // In speech without a pause even the quietest windows are speech, not noise.
  const aboveNoise = Math.min(noise + ABOVE_NOISE_DB, loudest - 2 * ABOVE_NOISE_DB);
  const floor = Math.max(aboveNoise, QUIETEST_SPEECH_DBFS);
  const audible = sorted.filter((power) => power > toPower(floor));
  const speech = toDbfs(audible[Math.floor(audible.length * SPEECH_SHARE)] ?? 0);
  return toPower(Math.max(floor, speech - BELOW_SPEECH_DB));
}

/** Measures the quality of the speech in a stretch of audio; `{}` if it has no speech. Pure. */
export function describeSound(
  windows: readonly SoundWindow[],
  threshold: number = findSpeechThreshold(windows.map(({ power }) => power)),
): SoundQuality {
  const speech = windows.filter(({ power }) => power >= threshold);
  if (speech.length === 0) return {};
  const noise = windows.filter(({ power }) => power < threshold);
  const level = toDbfs(meanPower(speech));
  // Windows in which speech fades away are louder than noise, so only the quietest count as noise.
  const quietest = noise
    .toSorted((a, b) => a.power - b.power)
    .slice(0, Math.max(SMALLEST_NOISE_WINDOWS, noise.length / 2));
  const clipped = windows.reduce((sum, window) => sum + window.clipped, 0);
  const samples = windows.reduce((sum, window) => sum + window.samples, 0);
  const peak = windows.reduce((highest, window) => Math.max(highest, window.peak), 0);
  return {
    level_dbfs: roundTo(level, 1),
    peak_dbfs: roundTo(toDbfs(peak ** 2), 1),
    clipped_share: roundTo(clipped / samples, 6),
    ...(quietest.length < SMALLEST_NOISE_WINDOWS
      ? {}
      : { snr_db: roundTo(level - toDbfs(meanPower(quietest)), 1) }),
  };
}

export function toDbfs(power: number): number {
  return power <= 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 10 * Math.log10(power));
}

function toPower(dbfs: number): number {
  return 10 ** (dbfs / 10);
}

function meanPower(windows: readonly SoundWindow[]): number {
  return windows.reduce((sum, { power }) => sum + power, 0) / windows.length;
}

function roundTo(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
