import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ROOT_CONTEXT } from "@opentelemetry/api";
import { hrTimeToMilliseconds, hrTimeToNanoseconds } from "@opentelemetry/core";
import { expect, it } from "vitest";
import { startConversation } from "../../../otel/spans/conversation-spans.js";

it("every span of a conversation has a length, because Jaeger marks one without as faulty", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const nowMs = Date.now();
  const session = { id: "s", started_at: "2026-01-01T00:00:00.000000+00:00", software: {} };
  const spans = startConversation(provider.getTracer("test"), session, "s", nowMs);
  const service = { source: "some_stt" };
  const message = { id: "m_1", turnId: "t_1", content: "Hello", timestampMs: nowMs };
  spans.transcript({ ...service, ...message });
  spans.startSynthesis(service, nowMs).end({ ...service, ...message, durationS: 0 }, nowMs);
  spans
    .startPlayout("m_1", nowMs)
    .end({ messageId: "m_1", delivery: "none", endedMs: nowMs, playedS: 0 }, nowMs);
  spans.text({ ...message, role: "user", source: "text_input" });
  spans.unspoken("m_1", "discarded", nowMs);
  spans.event({ type: "note", atMs: nowMs, data: {} });
  spans.end({ endedMs: nowMs });

  const ended = exporter.getFinishedSpans();
  expect(ended).toHaveLength(8);
  const lengths = ended.map(({ name, duration }) => [name, hrTimeToNanoseconds(duration)]);
  expect(lengths.filter(([, nanoseconds]) => Number(nanoseconds) <= 0)).toEqual([]);
});

/** Starts a conversation and gives what ended of it, by name. */
function startKept(findFile?: () => string | undefined) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const session = { id: "s", started_at: "2026-01-01T00:00:00.000000+00:00", software: {} };
  const startMs = 1_755_520_222_000;
  const spans = startConversation(provider.getTracer("test"), session, "s", startMs, ROOT_CONTEXT, {
    findFile,
  });
  const find = (name: string) => exporter.getFinishedSpans().find((span) => span.name === name);
  return { startMs, spans, find };
}

it("a span draws the wait for a reply from the end of speech to the first sound, with its marks", () => {
  const { startMs, spans, find } = startKept();
  const heardMs = startMs + 2250;
  const marks = { speech_end: 0, transcript_final: 0.25, llm_start: 0.5, playback_start: 1.25 };
  spans.startPlayout("m_2", heardMs).end(
    {
      messageId: "m_2",
      delivery: "full",
      startedMs: heardMs,
      endedMs: heardMs + 900,
      playedS: 0.9,
      latency: { origin: "speech_end", marks, e2e_s: 1.25 },
    },
    heardMs + 900,
  );
  const wait = find("wait_for_reply")!;
  expect(hrTimeToMilliseconds(wait.startTime)).toBe(startMs + 1000);
  expect(hrTimeToMilliseconds(wait.endTime)).toBe(heardMs);
  expect(wait.attributes["talktrace.message.id"]).toBe("m_2");
  // The exporter reads a message's record from `playout` alone.
  expect(wait.attributes).not.toHaveProperty("talktrace.record");
  expect(
    wait.events.map(({ name, time, attributes }) => [
      name,
      hrTimeToMilliseconds(time) - startMs,
      attributes,
    ]),
  ).toEqual([
    ["transcript_final", 1250, { "talktrace.after_s": 0.25 }],
    ["llm_start", 1500, { "talktrace.after_s": 0.5 }],
  ]);
  expect(wait.parentSpanContext).toEqual(find("playout")?.parentSpanContext);
});

it("no span draws a wait where nobody waited, or nothing was heard", () => {
  const { startMs, spans, find } = startKept();
  const end = { messageId: "m_1", endedMs: startMs + 900, playedS: 0.9 };
  const origin = "tts_start" as const;
  const greeting = { origin, marks: { tts_start: 0, playback_start: 0.2 } };
  spans
    .startPlayout("m_1", startMs)
    .end({ ...end, delivery: "full", startedMs: startMs, latency: greeting }, startMs + 900);
  const unheard = { origin: "speech_end" as const, marks: { speech_end: 0 }, e2e_s: 1 };
  spans
    .startPlayout("m_2", startMs)
    .end({ ...end, messageId: "m_2", delivery: "none", latency: unheard }, startMs + 900);
  expect(find("wait_for_reply")).toBeUndefined();
});

it("every span that begins once the record's file is open names that file", () => {
  let path: string | undefined;
  const { startMs, spans, find } = startKept(() => (path = "/calls/conversation_1.json"));
  spans.event({ type: "note", atMs: startMs, data: {} });
  spans.end({ endedMs: startMs });
  expect(find("note")?.attributes["talktrace.file"]).toBe(path);
  expect(find("conversation_end")?.attributes["talktrace.file"]).toBe(path);

  const unnamed = startKept(() => undefined);
  unnamed.spans.end({ endedMs: startMs });
  expect(unnamed.find("conversation_end")?.attributes).not.toHaveProperty("talktrace.file");
});

it("a playout's span shows as a chat what was heard of a reply, where that is less than was said", () => {
  const { startMs, spans, find } = startKept();
  const end = { messageId: "m_1", endedMs: startMs + 900, playedS: 0.9 };
  spans
    .startPlayout("m_1", startMs)
    .end({ ...end, delivery: "partial", heard: "The driver first" }, startMs + 900);
  expect(find("playout")?.attributes["gen_ai.output.messages"]).toBe(
    '[{"role":"assistant","parts":[{"type":"text","content":"The driver first"}],"finish_reason":"stop"}]',
  );

  for (const playout of [{ delivery: "full" } as const, { delivery: "none", heard: "" } as const]) {
    const other = startKept();
    other.spans.startPlayout("m_1", startMs).end({ ...end, ...playout }, startMs + 900);
    expect(other.find("playout")?.attributes).not.toHaveProperty("gen_ai.output.messages");
  }
});
