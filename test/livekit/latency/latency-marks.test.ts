import { describe, expect, it } from "vitest";
import { findImplausibleWait, measureLatency } from "../../../src/livekit/latency/latency-marks.js";

describe("measureLatency()", () => {
  it("measures from the first origin that was observed", () => {
    const latency = measureLatency(
      { speech_end: 1_000, transcript_final: 1_210.5, playback_start: 2_100 },
      ["speech_end", "tts_start"],
    );
    expect(latency).toEqual({
      origin: "speech_end",
      marks: { speech_end: 0, transcript_final: 0.2105, playback_start: 1.1 },
      e2e_s: 1.1,
    });
  });

  it("gives no `e2e_s` where nobody waited for an answer", () => {
    const latency = measureLatency({ tts_start: 5_000, playback_start: 5_100 }, [
      "speech_end",
      "tts_start",
    ]);
    expect(latency).toEqual({ origin: "tts_start", marks: { tts_start: 0, playback_start: 0.1 } });
  });

  it.each([-0.75, 900.2])("has no e2e of %s s, which nobody waits", (waitS) => {
    const latency = measureLatency({ speech_end: 1_000, playback_start: 1_000 + waitS * 1000 }, [
      "speech_end",
    ]);
    expect(latency?.e2e_s).toBeUndefined();
    expect(findImplausibleWait(latency)).toBeCloseTo(waitS, 6);
  });

  it("gives nothing without an origin", () => {
    expect(measureLatency({ playback_start: 5 }, ["speech_end"])).toBeUndefined();
  });

  it("gives stages between neighbouring marks that add up to `e2e_s`", () => {
    const latency = measureLatency(
      {
        speech_end: 0,
        transcript_final: 213.377,
        turn_committed: 555.001,
        llm_start: 556,
        llm_first_token: 901.75,
        tts_start: 950,
        tts_first_byte: 1083,
        playback_start: 1100.123,
      },
      ["speech_end"],
    );
    const marks = Object.values(latency?.marks ?? {});
    const stages = marks.slice(1).map((mark, index) => mark - (marks[index] ?? 0));
    expect(stages.reduce((sum, stage) => sum + stage, 0)).toBeCloseTo(latency?.e2e_s ?? NaN, 9);
  });
});
