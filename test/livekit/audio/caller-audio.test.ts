import path from "node:path";
import { AudioFrame } from "@livekit/rtc-node";
import { describe, expect, it } from "vitest";
import { readWav } from "../../../src/demo/read-wav.js";
import { createCallerAudio } from "../../../src/livekit/audio/caller-audio.js";

const RATE = 16_000;
const FRAME = 320;

/** Gives samples to a caller's sound, 20 ms at a time; `arrival` says when each frame comes. */
function hear(samples: Int16Array, arrival = (frame: number) => (frame + 1) * 20) {
  let nowMs = 0;
  const sound = createCallerAudio(() => nowMs);
  for (let frame = 0; (frame + 1) * FRAME <= samples.length; frame += 1) {
    nowMs = arrival(frame);
    const data = samples.slice(frame * FRAME, (frame + 1) * FRAME);
    sound.onFrame(new AudioFrame(data, RATE, 1, FRAME));
  }
  return sound;
}

/** A second of quiet, a tone, and a second of quiet, with noise of the given size throughout. */
function toneIn(noise: number, { seconds = 1, amplitude = 6000 } = {}): Int16Array {
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;
  return Int16Array.from({ length: (2 + seconds) * RATE }, (_, index) => {
    const isTone = index >= RATE && index < (1 + seconds) * RATE;
    const tone = isTone ? amplitude * Math.sin((2 * Math.PI * 300 * index) / RATE) : 0;
    return Math.max(-32_768, Math.min(32_767, tone + 2 * noise * random()));
  });
}

/** When a wave's sound is loud last, by its samples alone: 1 % of full scale. */
function lastLoudMs(samples: Int16Array): number {
  return ((samples.findLastIndex((sample) => Math.abs(sample) > 328) + 1) / RATE) * 1000;
}

describe("the caller's sound", () => {
  it.each([0, 20, 300])("tells the first and the last of speech in noise of %d", (noise) => {
    const sound = hear(toneIn(noise));
    expect(Math.abs((sound.findLastSpeech(0, 3000) ?? NaN) - 2000)).toBeLessThanOrEqual(10);
    expect(Math.abs((sound.findSpeechStart(1150) ?? NaN) - 1000)).toBeLessThanOrEqual(10);
  });

  it.each(["where-is-my-parcel", "order-number", "goodbye", "nobody-home", "how-long-kept"])(
    "tells the last sound of the recorded words %s",
    (name) => {
      const file = path.join(import.meta.dirname, "../../../src/demo/audio", `${name}.wav`);
      const { samples } = readWav(file);
      const padded = new Int16Array(samples.length + 3 * RATE);
      padded.set(samples, RATE);
      const found = hear(padded).findLastSpeech(0, 6000) ?? NaN;
      expect(Math.abs(found - 1000 - lastLoudMs(samples))).toBeLessThanOrEqual(20);
    },
  );

  it("dates sound that comes late by when it was due", () => {
    // The event loop is busy from 1.9 s to 2.2 s: what was due meanwhile comes at once.
    const sound = hear(toneIn(0), (frame) => {
      const dueMs = (frame + 1) * 20;
      return dueMs > 1900 && dueMs < 2200 ? 2200 : dueMs;
    });
    expect(Math.abs((sound.findLastSpeech(0, 3000) ?? NaN) - 2000)).toBeLessThanOrEqual(10);
    expect(sound.describe(1000, 2000)).toMatchObject({ gaps: 0, gap_s: 0 });
  });

  it("counts sound that never came, and dates what follows it by when it came", () => {
    // Half a second is missing within the tone.
    const sound = hear(
      toneIn(0, { seconds: 3 }),
      (frame) => (frame + 1) * 20 + (frame >= 75 ? 500 : 0),
    );
    expect(sound.describe(1000, 4500)).toMatchObject({ gaps: 1, gap_s: 0.5 });
    expect(Math.abs((sound.findLastSpeech(0, 5500) ?? NaN) - 4500)).toBeLessThanOrEqual(10);
  });

  it("does not look past the moment it is asked about", () => {
    const sound = hear(toneIn(0));
    expect(sound.findLastSpeech(0, 1500)).toBeLessThanOrEqual(1500);
    expect(sound.findLastSpeech(2100, 3000)).toBeUndefined();
    expect(createCallerAudio(() => 0).findLastSpeech(0, 1000)).toBeUndefined();
  });

  it("measures level, peak, noise and clipping", () => {
    const clean = hear(toneIn(0)).describe(1000, 2000);
    // A sine has a level 3 dB below its peak: 6000 of 32768 is -14.7 dB.
    expect(clean.level_dbfs).toBeCloseTo(-17.8, 0);
    expect(clean.peak_dbfs).toBeCloseTo(-14.7, 0);
    expect(clean.clipped_share).toBe(0);
    const noisy = hear(toneIn(300)).describe(1000, 2000);
    // Even noise of up to 300 has a level of 300 / sqrt(3): -45.5 dB.
    expect(noisy.snr_db).toBeGreaterThan(25);
    expect(noisy.snr_db).toBeLessThan(30);
    const clipped = hear(toneIn(0, { amplitude: 60_000 })).describe(1000, 2000);
    expect(clipped.clipped_share).toBeGreaterThan(0.5);
    expect(clipped.peak_dbfs).toBeCloseTo(0, 1);
  });

  it("says nothing of sound that was not there", () => {
    expect(createCallerAudio(() => 0).describe(0, 1000)).toEqual({});
    expect(hear(new Int16Array(RATE)).describe(0, 1000)).not.toHaveProperty("level_dbfs");
  });
});
