import { expect, it } from "vitest";
import { formatWaterfall } from "../../src/export/waterfall.js";
import { splitIntoStages } from "../../src/record/index.js";

it("formatWaterfall() draws each stage where it fell, and the sum", () => {
  const latency = {
    origin: "speech_end" as const,
    marks: { speech_end: 0, transcript_final: 0.25, turn_committed: 0.5, playback_start: 1 },
    e2e_s: 1,
  };
  expect(formatWaterfall(splitIntoStages(latency), 16)).toBe(
    [
      "speech to text   0.250 s  ████",
      "end of turn      0.250 s      ████",
      "unattributed     0.500 s          ████████",
      "together         1.000 s",
    ].join("\n"),
  );
});

it("formatWaterfall() says so where there is nothing to draw", () => {
  expect(formatWaterfall(splitIntoStages({ marks: { tts_start: 0 } }))).toBe(
    "No stage of this wait was observed",
  );
});
