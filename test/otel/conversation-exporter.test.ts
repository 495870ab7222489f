import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConversationExporter, startConversation } from "../../otel/index.js";
import type { ConversationSink } from "../../src/record/index.js";

type Call = {
  [method in keyof ConversationSink]: [method, ...Parameters<ConversationSink[method]>];
}[keyof ConversationSink];

/** A sink that keeps what it was told. */
function createListeningSink(): { sink: ConversationSink; calls: Call[] } {
  const calls: Call[] = [];
  const sink: ConversationSink = {
    open: (...args) => void calls.push(["open", ...args]),
    add: (...args) => void calls.push(["add", ...args]),
    amend: (...args) => void calls.push(["amend", ...args]),
    retract: (...args) => void calls.push(["retract", ...args]),
    amendSession: (...args) => void calls.push(["amendSession", ...args]),
    addEvent: (...args) => void calls.push(["addEvent", ...args]),
    close: (...args) => void calls.push(["close", ...args]),
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  return { sink, calls };
}

const START = 1_755_520_222_000;
const DEEPGRAM = { source: "deepgram_stt", provider: "deepgram", model: "nova-3" };
const CARTESIA = { source: "cartesia_tts", provider: "cartesia", model: "sonic-3" };

function record(
  options: Partial<ConstructorParameters<typeof ConversationExporter>[0]> = {},
  spanLimits: { attributeValueLengthLimit?: number } = {},
) {
  const { sink, calls } = createListeningSink();
  const lines: string[] = [];
  const problems: string[] = [];
  const exporter = new ConversationExporter({
    sink,
    printLine: (line) => lines.push(line),
    reportProblem: (line) => problems.push(line),
    ...options,
  });
  // As long as there is an exporter, `startTelemetry()` starts no other.
  onTestFinished(() => exporter.shutdown());
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    spanLimits,
  });
  const session = { id: "s1", started_at: "2025-08-18T14:30:22.000000+00:00", software: {} };
  const spans = startConversation(provider.getTracer("test"), session, "RM_1", START);
  return { calls, lines, problems, exporter, spans, provider };
}

function say(spans: ReturnType<typeof record>["spans"], id: string, content: string): void {
  spans
    .startSynthesis(CARTESIA, START + 1000)
    .end(
      { ...CARTESIA, id, turnId: "t_1", content, timestampMs: START + 1000, durationS: 2 },
      START + 1400,
    );
}

describe("ConversationExporter", () => {
  it("The exporter opens a conversation before its first message, with the trace", () => {
    const { calls, spans } = record();
    expect(calls).toEqual([
      ["open", expect.objectContaining({ id: "s1", trace_id: spans.traceId })],
    ]);
  });

  it("The exporter adds a message at the end of its span, the four original keys first, with its own span", () => {
    const { calls, lines, spans } = record();
    spans.transcript({
      ...DEEPGRAM,
      id: "m_1",
      turnId: "t_1",
      content: "नमस्ते",
      timestampMs: START + 812.25,
      startedMs: START,
      endedMs: START + 600,
      language: "hi",
      confidence: 0.98,
      words: [{ text: "नमस्ते", at_s: 1, until_s: 1.6 }],
      durationS: 0.6,
    });
    const message = calls[1]?.[0] === "add" ? calls[1][2] : undefined;
    expect(Object.keys(message ?? {}).slice(0, 4)).toEqual([
      "role",
      "content",
      "timestamp",
      "source",
    ]);
    expect(message).toMatchObject({
      role: "user",
      content: "नमस्ते",
      source: "deepgram_stt",
      id: "m_1",
      turn_id: "t_1",
      trace_id: spans.traceId,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      language: "hi",
      confidence: 0.98,
      model: "nova-3",
      words: [{ text: "नमस्ते", at_s: 1, until_s: 1.6 }],
      audio: { duration_s: 0.6 },
    });
    expect(Date.parse(message?.timestamp ?? "")).toBe(START + 812);
    expect(lines).toEqual(["[USER] नमस्ते"]);
  });

  it("The exporter adds what is synthesised as pending and amends it with what was heard", () => {
    const { calls, spans } = record();
    say(spans, "m_1", "one two three");
    spans.startPlayout("m_1", START + 1500).end(
      {
        messageId: "m_1",
        delivery: "partial",
        startedMs: START + 1500,
        endedMs: START + 2000,
        heard: "one",
        heardBy: "word_times",
        playedS: 0.5,
        interruptedBy: "m_2",
        latency: {
          origin: "speech_end",
          marks: { speech_end: 0, playback_start: 1.1 },
          e2e_s: 1.1,
        },
      },
      START + 2000,
    );
    expect(calls.slice(1)).toMatchObject([
      ["add", "s1", { delivery: "pending", content: "one two three" }],
      [
        "amend",
        "s1",
        "m_1",
        {
          delivery: "partial",
          content: "one",
          generated: "one two three",
          heard_by: "word_times",
          interrupted_by: "m_2",
          latency: {
            origin: "speech_end",
            marks: { speech_end: 0, playback_start: 1.1 },
            e2e_s: 1.1,
          },
        },
      ],
    ]);
  });

  it("The exporter leaves the content alone when all of it was heard", () => {
    const { calls, spans } = record();
    say(spans, "m_1", "all of it");
    spans
      .startPlayout("m_1", START + 1500)
      .end({ messageId: "m_1", delivery: "full", endedMs: START + 3500, playedS: 2 }, START + 3500);
    const amendment = calls[2]?.[0] === "amend" ? calls[2][3] : {};
    expect(amendment).toMatchObject({ delivery: "full" });
    expect(amendment).not.toHaveProperty("content");
    expect(amendment).not.toHaveProperty("generated");
  });

  it("The exporter moves what nobody heard to the unspoken, with the reason", () => {
    const { calls, spans } = record();
    say(spans, "m_1", "never played");
    spans.unspoken("m_1", "discarded", START + 2000);
    spans.startSynthesis(CARTESIA, START).end(
      {
        ...CARTESIA,
        id: "m_2",
        turnId: "t_1",
        content: "broken",
        timestampMs: START,
        durationS: 0,
        unspoken: { reason: "failed", error: "500" },
      },
      START + 10,
    );
    expect(calls.slice(2)).toMatchObject([
      ["retract", "s1", "m_1", "discarded"],
      ["add", "s1", { id: "m_2" }],
      ["retract", "s1", "m_2", "failed", "500"],
    ]);
  });

  it("The exporter amends a message with what was learnt of it later", () => {
    const { calls, spans } = record();
    spans.amend("m_1", { discarded: "turn_cleared" }, START);
    spans.amend("m_2", { takenAs: "LiveKit" }, START);
    spans.amend("m_3", { shown: "**five**" }, START);
    expect(calls.slice(1)).toEqual([
      ["amend", "s1", "m_1", { discarded: "turn_cleared" }],
      ["amend", "s1", "m_2", { taken_as: "LiveKit" }],
      ["amend", "s1", "m_3", { shown: "**five**" }],
    ]);
  });

  it("The exporter links an interruption whose words came after the sound had stopped", () => {
    const { calls, spans } = record();
    spans.transcript({
      ...DEEPGRAM,
      id: "m_4",
      turnId: "t_2",
      content: "wait",
      timestampMs: START,
      interrupts: "m_3",
    });
    expect(calls[2]).toEqual(["amend", "s1", "m_3", { interrupted_by: "m_4" }]);
  });

  it("The exporter records events and the end", () => {
    const { calls, spans } = record();
    spans.event({
      type: "tool_call",
      atMs: START,
      turnId: "t_1",
      data: { name: "look_up", output: null },
    });
    spans.end({ endedMs: START + 9000, reason: "user_initiated" });
    expect(calls.slice(1)).toMatchObject([
      [
        "addEvent",
        "s1",
        { type: "tool_call", turn_id: "t_1", data: { name: "look_up", output: null } },
      ],
      ["close", "s1", { close_reason: "user_initiated" }],
    ]);
  });

  it("The exporter gives each span the names that Jaeger and the GenAI conventions know", () => {
    const seen: { name: string; attributes: object }[] = [];
    const { spans } = record({
      forwarder: {
        forward: ({ name, attributes }) => void seen.push({ name, attributes }),
        flush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
        state: () => "untried",
      },
    });
    say(spans, "m_1", "hello");
    expect(seen.map(({ name }) => name)).toEqual(["conversation", "text_to_speech sonic-3"]);
    expect(seen[1]?.attributes).toMatchObject({
      role: "agent",
      content: "hello",
      source: "cartesia_tts",
      "gen_ai.operation.name": "text_to_speech",
      "gen_ai.provider.name": "cartesia",
      "gen_ai.request.model": "sonic-3",
      "gen_ai.conversation.id": "RM_1",
      "gen_ai.output.messages":
        '[{"role":"assistant","parts":[{"type":"text","content":"hello"}],"finish_reason":"stop"}]',
    });
  });

  it("The exporter forwards every span, though the record fails, and records, though forwarding fails", () => {
    const forwarded: string[] = [];
    const flush = () => Promise.resolve();
    const { sink, calls } = createListeningSink();
    const fault = () => {
      throw new Error("broken");
    };
    const first = record({
      sink: { ...sink, open: fault },
      forwarder: {
        forward: ({ name }) => void forwarded.push(name),
        flush,
        shutdown: flush,
        state: () => "up",
      },
    });
    expect(forwarded).toEqual(["conversation"]);
    expect(first.problems).toEqual(['Could not record the span "conversation": broken']);

    record({ sink, forwarder: { forward: fault, flush, shutdown: flush, state: () => "up" } });
    expect(calls).toHaveLength(1);
  });

  it("The exporter loses word times and not messages where a provider cuts long attributes", () => {
    const { calls, spans, problems } = record({}, { attributeValueLengthLimit: 200 });
    const words = Array.from({ length: 40 }, () => ({ text: "word", at_s: 1, until_s: 1.5 }));
    spans.transcript({
      ...DEEPGRAM,
      id: "m_1",
      turnId: "t_1",
      content: "kept",
      timestampMs: START,
      words,
    });
    spans.end({ endedMs: START + 9000 });
    expect(problems).toEqual([]);
    expect(calls.map(([method]) => method)).toEqual(["open", "add", "close"]);
    expect(calls[1]?.[0] === "add" ? calls[1][2] : undefined).toMatchObject({ content: "kept" });
    expect(calls[1]?.[0] === "add" ? calls[1][2] : undefined).not.toHaveProperty("words");
  });

  it("The exporter answers success, throws nothing and changes no span, whatever it is given", () => {
    const { exporter, provider } = record();
    const span = provider.getTracer("other").startSpan("foreign", {
      attributes: { "talktrace.record": "nonsense", "talktrace.session.id": "s1" },
    });
    span.end();
    const results: ExportResult[] = [];
    exporter.export([], (result) => results.push(result));
    expect(results).toEqual([{ code: ExportResultCode.SUCCESS }]);
  });

  it("The exporter still flushes the forwarder when the record cannot be flushed", async () => {
    let flushed = false;
    const { sink } = createListeningSink();
    const { exporter, problems } = record({
      sink: { ...sink, flush: () => Promise.reject(new Error("EIO")) },
      forwarder: {
        forward: () => undefined,
        flush: () => Promise.resolve(void (flushed = true)),
        shutdown: () => Promise.resolve(),
        state: () => "up",
      },
    });
    await exporter.forceFlush();
    expect(flushed).toBe(true);
    expect(problems).toEqual(["Could not finish its record: EIO"]);
  });

  it("The exporter records, counts and forwards, whichever of its parts throws at each call", async () => {
    const fault = (): never => {
      throw new Error("broken");
    };
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", onUnhandled);
    onTestFinished(() => void process.off("unhandledRejection", onUnhandled));
    const broken = {
      lines: "a line",
      path: "the span",
      metrics: "the span",
      forwarder: "the span",
    };
    for (const [part, told] of Object.entries(broken)) {
      const { sink, calls } = createListeningSink();
      const counted: string[] = [];
      const forwarded: string[] = [];
      const flush = () => Promise.resolve();
      const { spans, problems, exporter, lines } = record({
        sink: { ...sink, pathOf: part === "path" ? fault : () => "/tmp/call.json" },
        ...(part === "lines" && { printLine: fault }),
        metrics: {
          note: part === "metrics" ? fault : (_id, { kind }) => void counted.push(kind),
          noteForeign: fault,
          flush,
        },
        forwarder: {
          forward: part === "forwarder" ? fault : ({ name }) => void forwarded.push(name),
          flush,
          shutdown: flush,
          state: () => "up",
        },
      });
      say(spans, "m_1", "hello");
      spans
        .startPlayout("m_1", START + 1500)
        .end(
          { messageId: "m_1", delivery: "full", endedMs: START + 3500, playedS: 2 },
          START + 3500,
        );
      spans.end({ endedMs: START + 9000 });
      await exporter.forceFlush();
      expect(calls.map(([method]) => method)).toEqual(["open", "add", "amend", "close"]);
      expect(counted).toHaveLength(part === "metrics" ? 0 : 4);
      expect(forwarded).toHaveLength(part === "forwarder" ? 0 : 4);
      expect(lines.length).toBeGreaterThanOrEqual(part === "lines" ? 0 : 1);
      expect(problems.join("\n")).toMatch(new RegExp(`Could not [a-z]+ ${told}.*: broken`));
    }
    await new Promise((done) => setImmediate(done));
    expect(unhandled).toEqual([]);
  });

  it("The exporter rejects no flush and no shutdown, although its sink throws at once", async () => {
    const { sink } = createListeningSink();
    const fault = (): never => {
      throw new Error("broken");
    };
    const { exporter, problems } = record({ sink: { ...sink, flush: fault, shutdown: fault } });
    await exporter.flushRecord();
    await exporter.forceFlush();
    await exporter.shutdown();
    expect(new Set(problems)).toEqual(new Set(["Could not finish its record: broken"]));
  });
});
