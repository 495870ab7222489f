import { expect, it } from "vitest";
import { describeService } from "../../../src/livekit/instrumentation/service-names.js";

it("a service is named after its provider", () => {
  expect(
    describeService({ provider: "Deepgram", label: "deepgram.STT", model: "nova-3" }, "stt"),
  ).toEqual({
    source: "deepgram_stt",
    provider: "deepgram",
    model: "nova-3",
  });
});

it("a service without a provider is named after its label, else after its class", () => {
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

it("a plugin that gives a host as its provider is named after the host's domain, or after its label", () => {
  const named = (provider: string) =>
    describeService({ provider, label: "openai.TTS", model: "tts-1" }, "tts").source;
  expect(named("api.openai.com")).toBe("openai_tts");
  expect(named("api.groq.com")).toBe("groq_tts");
  expect(named("127.0.0.1:8080")).toBe("openai_tts");
  expect(named("localhost:8080")).toBe("openai_tts");
});

it("a model of LiveKit Inference is named after the provider behind it", () => {
  const service = (model: string) =>
    describeService({ provider: "livekit", label: "inference.STT", model }, "stt");
  expect(service("deepgram/nova-3")).toEqual({
    source: "deepgram_stt",
    provider: "deepgram",
    model: "nova-3",
    gateway: "livekit_inference",
  });
  expect(service("auto")).toEqual({ source: "livekit_stt", provider: "livekit", model: "auto" });
});
