import { ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { expect, it } from "vitest";
import { type SpanForwarder, TRACER_NAME, putWordsInNames } from "../../../otel/index.js";
import { withoutContent } from "../../../otel/forward/without-content.js";

const WORDS = "my card is saffron";

/** Keeps what it is given, as it would be written at that moment, or later. */
function keepSpans() {
  const begun: ReadableSpan[] = [];
  const ended: string[] = [];
  const forwarder: SpanForwarder = {
    begin: (span) => void begun.push(span),
    reencodeOpenSpans: () => undefined,
    forward: (span) => void ended.push(write(span)),
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    state: () => "up",
    counts: () => ({ sent: 0, waiting: 0, dropped: 0 }),
  };
  return { begun, ended, forwarder };
}

function write(span: ReadableSpan): string {
  return Buffer.from(JsonTraceSerializer.serializeRequest([span]) ?? []).toString("utf8");
}

function startSpan(scope: string, name = "user_turn") {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const span = provider.getTracer(scope).startSpan(
    name,
    {
      attributes: {
        "lk.pii.user_transcript": WORDS,
        "gen_ai.input.messages": WORDS,
        "gen_ai.tool.call.arguments": WORDS,
        "gen_ai.prompt.variable.name": WORDS,
        "lk.speech_id": "speech_1",
        "gen_ai.request.model": "nova-3",
        "gen_ai.usage.input_tokens": 7,
      },
    },
    trace.setSpan(
      ROOT_CONTEXT,
      trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 }),
    ),
  );
  return {
    open: span as unknown as ReadableSpan,
    end() {
      span.addEvent("gen_ai.choice", { content: WORDS });
      span.addEvent("noted", { "lk.pii.text": WORDS, at: 1 });
      span.recordException(new Error(WORDS));
      span.setStatus({ code: SpanStatusCode.ERROR, message: WORDS });
      span.end();
      return exporter.getFinishedSpans()[0]!;
    },
  };
}

it("a forwarder sends all of a span until it is told to withhold content", () => {
  const { ended, forwarder } = keepSpans();
  const span = startSpan("livekit-agents").end();
  withoutContent(forwarder).forward(span);
  expect(ended).toEqual([write(span)]);
});

it("a forwarder that withholds content sends others' spans without what people said, and with all that measures it", () => {
  const { ended, forwarder } = keepSpans();
  const discreet = withoutContent(forwarder);
  discreet.withholdContent();
  const span = startSpan("livekit-agents").end();
  const whole = write(span);
  discreet.forward(span);
  expect(ended[0]).not.toContain("saffron");
  for (const kept of ["lk.speech_id", "nova-3", "input_tokens", "noted", "exception.type"])
    expect(ended[0]).toContain(kept);
  expect(JSON.parse(ended[0] ?? "")).toMatchObject({
    resourceSpans: [
      { scopeSpans: [{ spans: [{ parentSpanId: "2".repeat(16), status: { code: 2 } }] }] },
    ],
  });
  // LiveKit's own exporter and others see the span itself.
  expect(write(span)).toBe(whole);
});

it("a forwarder that withholds content leaves TalkTrace's own spans as they are, because those are reviewed before", () => {
  const { ended, forwarder } = keepSpans();
  const discreet = withoutContent(forwarder);
  discreet.withholdContent();
  const span = startSpan(TRACER_NAME).end();
  discreet.forward(span);
  expect(ended).toEqual([write(span)]);
});

it("a forwarder withholds the content of a span that had begun before it was told to", () => {
  const { begun, forwarder } = keepSpans();
  const discreet = withoutContent(forwarder);
  const span = startSpan("livekit-agents");
  discreet.begin(span.open);
  expect(begun.map(write).join()).toContain("saffron");
  discreet.withholdContent();
  span.end();
  const written = begun.map(write).join();
  expect(written).not.toContain("saffron");
  expect(written).toContain("noted");
});

it("a forwarder puts no words into names that it withholds", () => {
  const { ended, forwarder } = keepSpans();
  const discreet = withoutContent(putWordsInNames(forwarder));
  const span = startSpan("livekit-agents").end();
  discreet.forward(span);
  discreet.withholdContent();
  discreet.forward(span);
  expect(ended[0]).toContain(`"name":"user_turn: ${WORDS}"`);
  expect(ended[1]).toContain('"name":"user_turn"');
  expect(ended[1]).not.toContain("saffron");
});
