import { expect, it } from "vitest";
import { describeSpread, formatWaterfall } from "../../src/insight/index.js";

it("formatWaterfall() draws each stage where it fell, and the sum", () => {
  const latency = {
    origin: "speech_end" as const,
    marks: { speech_end: 0, transcript_final: 0.25, turn_committed: 0.5, playback_start: 1 },
    e2e_s: 1,
  };
  expect(formatWaterfall(latency, 16)).toBe(
    [
      "speech to text   0.250 s  ████",
      "end of turn      0.250 s      ████",
      "unattributed     0.500 s          ████████",
      "together         1.000 s",
    ].join("\n"),
  );
});

it("formatWaterfall() says so where there is nothing to draw", () => {
  expect(formatWaterfall({ origin: "tts_start", marks: { tts_start: 0 } })).toBe(
    "No stage of this wait was observed",
  );
});

it("describeSpread() leaves out percentiles that too few values would make up", () => {
  expect(describeSpread([])).toBeUndefined();
  expect(describeSpread([3, 1, 2])).toEqual({ n: 3, min: 1, p50: 2, max: 3 });
  const twenty = describeSpread(Array.from({ length: 20 }, (_, index) => index));
  expect(twenty).toMatchObject({ n: 20, p95: 18.05 });
  expect(twenty).not.toHaveProperty("p99");
  expect(describeSpread(Array.from({ length: 101 }, (_, index) => index))).toMatchObject({
    p50: 50,
    p95: 95,
    p99: 99,
  });
});
