import { initializeLogger } from "@livekit/agents";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CallerMicrophone } from "../../src/demo/caller-microphone.js";
import { findUtterance } from "../../src/demo/read-utterances.js";

let microphone: CallerMicrophone;

beforeAll(() => initializeLogger({ pretty: false, level: "silent" }));
afterEach(() => microphone.close());

/** Collects frames until `isEnough`. */
async function record(isEnough: (samples: number[]) => boolean): Promise<number[]> {
  const samples: number[] = [];
  for await (const frame of microphone.stream) {
    expect(frame.samplesPerChannel).toBe(320);
    expect(frame.sampleRate).toBe(16_000);
    samples.push(...frame.data);
    if (isEnough(samples)) break;
  }
  return samples;
}

describe("CallerMicrophone", () => {
  it("is silent until the caller speaks, and then carries exactly the utterance", async () => {
    microphone = new CallerMicrophone({ rate: 16 });
    microphone.onAttached();
    const utterance = findUtterance("goodbye");
    const recording = record((samples) => samples.length > 80_000);
    const span = await microphone.speak(utterance);
    const samples = await recording;
    const first = samples.findIndex((sample) => sample !== 0);
    const firstOfUtterance = utterance.samples.findIndex((sample) => sample !== 0);
    const heard = samples.slice(
      first - firstOfUtterance,
      first - firstOfUtterance + utterance.samples.length,
    );
    expect(Int16Array.from(heard)).toEqual(utterance.samples);
    expect(
      samples
        .slice(first - firstOfUtterance + utterance.samples.length)
        .every((sample) => sample === 0),
    ).toBe(true);
    const { words } = utterance;
    const spoken_s = (words.at(-1)?.end_s ?? 0) - (words[0]?.start_s ?? 0);
    expect(span.endedAtMs - span.startedAtMs).toBeCloseTo((spoken_s * 1000) / 16, 3);
  });

  it("never speaks into the past, however late its timer is", async () => {
    microphone = new CallerMicrophone({ rate: 4 });
    const startedAtMs = performance.now();
    microphone.onAttached();
    // Nothing else runs meanwhile, as when the machine is busy.
    while (performance.now() - startedAtMs < 200);
    const calledAtMs = performance.timeOrigin + performance.now();
    const span = await microphone.speak(findUtterance("goodbye"));
    const frameMs = 20 / 4;
    expect(span.startedAtMs).toBeGreaterThanOrEqual(calledAtMs - frameMs);
  });

  it("makes up for 250 ms that its process stood still, and no more", async () => {
    const rate = 16;
    microphone = new CallerMicrophone({ rate });
    const attachedAtMs = performance.now();
    const now = vi.spyOn(performance, "now").mockReturnValue(attachedAtMs);
    microphone.onAttached();
    now.mockReturnValue(attachedAtMs + 1000);
    const utterance = findUtterance("goodbye");
    const speaking = microphone.speak(utterance);
    now.mockRestore();
    const samples = await record((recorded) => recorded.some((sample) => sample !== 0));
    const silence =
      samples.findIndex((sample) => sample !== 0) -
      utterance.samples.findIndex((sample) => sample !== 0);
    const frameSamples = 320;
    expect(Math.abs(silence - 0.25 * rate * 16_000)).toBeLessThanOrEqual(frameSamples);
    await speaking;
  });

  it("rejects what it was about to say when it is closed", async () => {
    microphone = new CallerMicrophone({ rate: 1 });
    microphone.onAttached();
    const speaking = microphone.speak(findUtterance("goodbye"));
    const message = speaking.then(
      () => "spoken",
      (error: unknown) => String(error),
    );
    await microphone.close();
    expect(await message).toContain('before the end of "goodbye"');
    await expect(microphone.speak(findUtterance("goodbye"))).rejects.toThrow("closed");
  });
});
