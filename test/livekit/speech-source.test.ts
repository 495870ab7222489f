import { expect, it } from "vitest";
import { describeService } from "../../src/livekit/speech-source.js";

it("names a service after its provider", () => {
  expect(
    describeService({ provider: "Deepgram", label: "deepgram.STT", model: "nova-3" }, "stt"),
  ).toEqual({
    source: "deepgram_stt",
    provider: "deepgram",
    model: "nova-3",
  });
});

it("falls back on the label, then on the class", () => {
  expect(
    describeService({ provider: "unknown", label: "acme.TTS", model: "unknown" }, "tts"),
  ).toEqual({
    source: "acme_tts",
    provider: "acme",
    model: undefined,
  });
  class HouseVoice {
    label = "unknown";
  }
  expect(describeService(new HouseVoice(), "tts").source).toBe("housevoice_tts");
});
