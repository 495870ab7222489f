import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { hrTimeToNanoseconds } from "@opentelemetry/core";
import { expect, it } from "vitest";
import { startConversation } from "../../otel/conversation-spans.js";

it("gives every span a length, since Jaeger marks one without as faulty", () => {
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
