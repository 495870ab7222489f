import { AudioFrame } from "@livekit/rtc-node";
import { describe, expect, it } from "vitest";
import { createSynthesisAudio } from "../../../src/livekit/audio/synthesis-audio.js";

/** A tenth of a second of a tone, as loud as asked for. */
function tone(amplitude: number): AudioFrame {
  const data = Int16Array.from({ length: 2400 }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 220 * index) / 24_000)),
  );
  return new AudioFrame(data, 24_000, 1, data.length);
}

describe("the sound of a synthesis", () => {
  it("has a length and a level", () => {
    const sound = createSynthesisAudio();
    for (let index = 0; index < 10; index += 1) sound.onFrame(tone(16_384), 0, 0);
    expect(sound.durationS).toBeCloseTo(1, 9);
    expect(sound.sampleRate).toBe(24_000);
    const { level_dbfs, peak_dbfs, clipped_share, gaps, gap_s } = sound.describe();
    expect(level_dbfs).toBeCloseTo(-9, 0);
    expect(peak_dbfs).toBeCloseTo(-6, 0);
    expect({ clipped_share, gaps, gap_s }).toEqual({ clipped_share: 0, gaps: 0, gap_s: 0 });
  });

  it("has a gap where it would have run dry while it was played as it came", () => {
    const sound = createSynthesisAudio();
    // Two frames last until 200; the third was waited for from 60 on, and comes at 500.
    sound.onFrame(tone(8000), 0, 0);
    sound.onFrame(tone(8000), 50, 50);
    sound.onFrame(tone(8000), 500, 60);
    sound.onFrame(tone(8000), 510, 500);
    expect(sound.describe()).toMatchObject({ gaps: 1, gap_s: 0.3 });
  });

  it("has no gap where nobody asked for more, as while the output is paused", () => {
    const sound = createSynthesisAudio();
    sound.onFrame(tone(8000), 0, 0);
    sound.onFrame(tone(8000), 5000, 4999);
    expect(sound.describe()).toMatchObject({ gaps: 0, gap_s: 0 });
  });

  it("says nothing of sound that never came", () => {
    expect(createSynthesisAudio().describe()).toEqual({});
  });
});
