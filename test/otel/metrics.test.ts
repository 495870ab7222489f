import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metrics, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ConversationExporter,
  METRIC,
  type OpenTelemetry,
  readTelemetrySettings,
  startConversation,
  startOpenTelemetry,
} from "../../otel/index.js";
import { groupLatencies } from "../../src/insight/index.js";
import type { Conversation, Latency } from "../../src/record/index.js";
import { type ConversationStore, openStore, readConversation } from "../../src/store/index.js";
import {
  type OtlpReceiver,
  type ReceivedPoint,
  startOtlpReceiver,
} from "../support/otlp-receiver.js";

const START_MS = Date.parse("2026-05-04T10:00:00Z");
const SESSION = {
  id: "s_1",
  started_at: "2026-05-04T10:00:00.000000+00:00",
  software: { talktrace: "0.0.0" },
};

let directory: string;
let receiver: OtlpReceiver;
let store: ConversationStore;
let problems: string[];
let started: OpenTelemetry | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "talktrace-metrics-"));
  receiver = await startOtlpReceiver();
  problems = [];
  store = openStore({ directory, onProblem: () => undefined });
});
afterEach(async () => {
  await started?.shutdown();
  started = undefined;
  vi.unstubAllEnvs();
  await store.shutdown();
  await receiver.stop();
  rmSync(directory, { recursive: true, force: true });
});

function start(env: NodeJS.ProcessEnv): OpenTelemetry {
  const reportProblem = (line: string): void => void problems.push(line);
  const settings = {
    ...readTelemetrySettings(env, reportProblem),
    directory,
    spool: true,
    spoolDirectory: join(directory, ".spool"),
  };
  started = startOpenTelemetry({ settings, sink: store, reportProblem });
  return started;
}

/** Of a wait of 1.5 s, with two dispatches. */
const TOOL_MARKS = {
  tool_llm_start: 0.35,
  tool_llm_first_token: 0.5,
  tool_start: 0.5,
  tool_end: 0.8,
  llm_start: 0.9,
};

/** Two turns. The user says "mhm" into the first reply, and cuts off the second, that asked a tool. */
function holdConversation(): void {
  const spans = startConversation(trace.getTracer("talktrace"), SESSION, "room", START_MS);
  const hear = (id: string, turnId: string, content: string, fromS: number, toS: number) =>
    spans.transcript({
      id,
      turnId,
      content,
      source: "earwig_stt",
      model: "lobe-1",
      timestampMs: START_MS + (toS + 0.2) * 1000,
      startedMs: START_MS + fromS * 1000,
      endedMs: START_MS + toS * 1000,
      durationS: toS - fromS,
    });
  const speak = (
    id: string,
    turnId: string,
    content: string,
    fromS: number,
    toS: number,
    waitS: number,
    cut?: { heard: string; interruptedBy: string },
    toolMarks?: Latency["marks"],
  ) => {
    const service = { source: "mouth_piece_tts", provider: "mouth_piece", model: "lips-2" };
    const startedMs = START_MS + fromS * 1000;
    spans.startSynthesis(service, startedMs - 200).end(
      {
        ...service,
        id,
        turnId,
        content,
        timestampMs: startedMs - 200,
        durationS: toS - fromS,
        agent: "desk",
        llmModel: "scribe-3",
      },
      startedMs + 100,
    );
    spans.startPlayout(id, startedMs).end(
      {
        messageId: id,
        delivery: cut === undefined ? "full" : "partial",
        ...cut,
        startedMs,
        endedMs: START_MS + toS * 1000,
        playedS: toS - fromS,
        latency: {
          origin: "speech_end",
          marks: {
            speech_end: 0,
            transcript_final: 0.2,
            turn_committed: 0.3,
            llm_start: 0.3,
            ...toolMarks,
            llm_first_token: waitS - 0.3,
            tts_start: waitS - 0.2,
            tts_first_byte: waitS,
            playback_start: waitS,
          },
          e2e_s: waitS,
        },
      },
      START_MS + toS * 1000,
    );
  };
  hear("m_1", "t_1", "Where is my parcel?", 1, 3);
  hear("m_3", "t_1", "Mhm.", 5, 5.4);
  speak("m_2", "t_1", "It is on its way to you.", 4, 8, 1);
  hear("m_4", "t_2", "And when will it come?", 9, 11);
  hear("m_6", "t_3", "Stop, that is enough.", 14, 16);
  speak(
    "m_5",
    "t_2",
    "It will come on Thursday in the morning.",
    12.5,
    14.6,
    1.5,
    {
      heard: "It will come",
      interruptedBy: "m_6",
    },
    TOOL_MARKS,
  );
  // Sound that was ready before: nobody was asked for it.
  const ready = { source: "audio_output", hasNoService: true };
  spans.startSynthesis(ready, START_MS + 16_000).end(
    {
      ...ready,
      id: "m_7",
      turnId: "t_3",
      content: "A prompt.",
      timestampMs: START_MS + 16_000,
      durationS: 0.5,
      unspoken: { reason: "discarded" },
    },
    START_MS + 16_000,
  );
  // No message of the record: it is counted as lost.
  spans.unspoken("m_9", "discarded", START_MS + 16_000);
  spans.end({ endedMs: START_MS + 17_000, reason: "user_initiated" });
}

async function readRecord(): Promise<Conversation> {
  await store.flush();
  return (await readConversation(store.pathOf("s_1") ?? "")).conversation;
}

function points(name: string, fits: { [key: string]: unknown } = {}): ReceivedPoint[] {
  const latest = receiver.metrics.at(-1) ?? [];
  return latest.filter(
    (point) =>
      point.name === name &&
      Object.entries(fits).every(([key, value]) => point.attributes[key] === value),
  );
}

function sum(name: string, fits?: { [key: string]: unknown }): number {
  return points(name, fits).reduce((total, { value }) => total + value, 0);
}

describe("metrics", () => {
  it("reach an OTLP endpoint, and are the figures of the record", async () => {
    const { exporter } = start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
    });
    holdConversation();
    await exporter.forceFlush();
    expect({ problems, refusals: receiver.refusals }).toEqual({ problems: [], refusals: [] });

    const record = await readRecord();
    const { metrics: figures } = record;
    const replies = record.conversation.flatMap((message) =>
      message.role === "agent" && message.latency !== undefined ? [message.latency] : [],
    );
    expect(replies).toHaveLength(2);
    expect(sum("talktrace.messages", { "talktrace.role": "user" })).toBe(figures.user_messages);
    expect(sum("talktrace.messages", { "talktrace.role": "agent" })).toBe(figures.agent_messages);
    expect(sum("talktrace.messages", { "talktrace.delivery": "partial" })).toBe(1);
    expect(sum("talktrace.speech", { "talktrace.role": "user" })).toBeCloseTo(
      figures.user_speech_s,
      6,
    );
    expect(sum("talktrace.speech", { "talktrace.role": "agent" })).toBeCloseTo(
      figures.agent_speech_s,
      6,
    );
    expect(sum("talktrace.interruptions", { "talktrace.interruption.by": "user" })).toBe(
      figures.interruptions,
    );
    expect(sum("talktrace.backchannels")).toBe(figures.backchannels);
    expect(figures).toMatchObject({ interruptions: 1, backchannels: 1, yield_s: { n: 1 } });
    expect(sum("talktrace.interruption.yield")).toBeCloseTo(figures.yield_s?.median ?? NaN, 6);
    expect(sum("talktrace.reply.wait")).toBeCloseTo(2.5, 6);
    expect(points("talktrace.reply.wait").reduce((n, { count }) => n + (count ?? 0), 0)).toBe(
      figures.e2e_s?.n,
    );
    const [group] = groupLatencies([record]);
    expect(Object.keys(group?.stages_s ?? {})).toContain("tool");
    for (const [name, spread] of Object.entries(group?.stages_s ?? {})) {
      const inMetrics = points("talktrace.reply.stage", { "talktrace.stage": name });
      const count = inMetrics.reduce((total, point) => total + (point.count ?? 0), 0);
      expect(count, name).toBe(spread.n);
      expect(Math.min(...inMetrics.map(({ min }) => min ?? NaN)), name).toBeCloseTo(spread.min, 6);
      expect(Math.max(...inMetrics.map(({ max }) => max ?? NaN)), name).toBeCloseTo(spread.max, 6);
    }
    expect(sum("talktrace.reply.stage")).toBeCloseTo(2.5, 6);
    expect(points("talktrace.reply.stage", { "talktrace.stage": "llm" })[0]?.attributes).toEqual({
      "talktrace.stage": "llm",
      "talktrace.agent": "desk",
      "talktrace.llm.model": "scribe-3",
    });
    const named = points("talktrace.reply.wait").map((point) => point.attributes);
    for (const model of ["talktrace.stt.model", "talktrace.llm.model", "talktrace.tts.model"])
      expect(
        new Set(
          points("talktrace.reply.stage").flatMap(({ attributes }) => attributes[model] ?? []),
        ),
      ).toEqual(new Set(named.map((attributes) => attributes[model])));
    expect(sum("talktrace.conversations")).toBe(1);
    expect(sum("talktrace.conversations.open")).toBe(0);
    expect(sum("talktrace.record.lost")).toBe(1);
    expect(record.integrity.dropped).toBe(1);
    const operations = points("gen_ai.client.operation.duration");
    expect(operations).toHaveLength(1);
    expect(operations[0]).toMatchObject({
      count: 2,
      unit: "s",
      attributes: { "gen_ai.operation.name": "text_to_speech" },
    });
  });

  it("have the names, units, attributes and buckets that are documented", async () => {
    const { exporter } = start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_TRACES_EXPORTER: "none",
    });
    holdConversation();
    await exporter.forceFlush();
    const seen = (receiver.metrics.at(-1) ?? []).filter(({ scope }) => scope === "talktrace");
    expect(new Set(seen.map(({ name }) => name)).size).toBeGreaterThan(9);
    for (const { name, unit, attributes, bounds } of seen) {
      const definition = Object.values(METRIC).find((each) => each.name === name);
      expect(definition, name).toMatchObject({ unit });
      for (const key of Object.keys(attributes)) {
        expect(definition?.attributes, name).toContain(key);
        expect(key, name).toMatch(/^(talktrace|gen_ai)\.|^error\.type$/);
      }
      expect(definition).toMatchObject(bounds === undefined ? {} : { boundaries: bounds });
    }
    expect(seen[0]?.resource["service.instance.id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("lead to a trace: each bucket has a span that is in it, once", async () => {
    const { exporter } = start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
    });
    holdConversation();
    await exporter.forceFlush();
    const exemplars = points("talktrace.reply.wait").flatMap((point) => point.exemplars ?? []);
    const { session } = await readRecord();
    expect(
      exemplars.toSorted((a, b) => a.value - b.value).map(({ value, traceId }) => [value, traceId]),
    ).toEqual([
      [1, session.trace_id],
      [1.5, session.trace_id],
    ]);
    for (const { spanId } of exemplars)
      expect(receiver.spans.find((span) => span.spanId === spanId)?.name).toBe("playout");
    await exporter.forceFlush();
    expect(points("talktrace.reply.wait").flatMap((point) => point.exemplars)).toEqual([]);
  });

  it("count LiveKit's requests to the LLM by the names of the conventions", async () => {
    const { exporter } = start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_TRACES_EXPORTER: "none",
    });
    const attributes = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "scribes",
      "gen_ai.request.model": "scribe-3",
      "gen_ai.usage.input_tokens": 120,
      "gen_ai.usage.output_tokens": 9,
      "gen_ai.response.time_to_first_chunk": 0.25,
    };
    trace
      .getTracer("livekit-agents")
      .startSpan("llm_request", { startTime: START_MS, attributes })
      .end(START_MS + 800);
    const unlikely = { "gen_ai.response.time_to_first_chunk": 250 };
    trace
      .getTracer("livekit-agents")
      .startSpan("llm_request", { startTime: START_MS, attributes: unlikely })
      .end(START_MS + 100);
    await exporter.forceFlush();
    expect(sum("gen_ai.client.token.usage", { "gen_ai.token.type": "input" })).toBe(120);
    expect(sum("gen_ai.client.token.usage", { "gen_ai.token.type": "output" })).toBe(9);
    expect(sum("gen_ai.client.operation.time_to_first_chunk")).toBe(0.25);
    expect(points("gen_ai.client.operation.duration")[0]).toMatchObject({ value: 0.8, count: 1 });
  });

  it("are given up without a word where the common endpoint has no place for them", async () => {
    receiver.takesMetrics = false;
    const { exporter } = start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    holdConversation();
    await exporter.forceFlush();
    await exporter.forceFlush();
    expect(receiver.refusals).toHaveLength(1);
    expect(receiver.spans).not.toEqual([]);
    expect(problems).toEqual([]);
  });

  it("cost one line when the endpoint that was asked for is lost, and one when it is back", async () => {
    receiver.mode = { status: 503 };
    const { exporter } = start({
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_EXPORTER: "none",
    });
    holdConversation();
    await exporter.forceFlush();
    await exporter.forceFlush();
    receiver.mode = "accept";
    await exporter.forceFlush();
    expect(problems).toEqual([
      `No metrics: cannot send them to ${receiver.url}/v1/metrics (status 503). The record is not affected`,
      `Metrics reach ${receiver.url}/v1/metrics again`,
    ]);
    expect(sum("talktrace.conversations")).toBe(1);
  });

  it("lead to their traces though the request that said so failed", async () => {
    const { exporter } = start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_TRACES_EXPORTER: "none",
    });
    receiver.mode = { status: 503 };
    holdConversation();
    await exporter.forceFlush();
    receiver.mode = "accept";
    await exporter.forceFlush();
    expect(
      points("talktrace.reply.wait").flatMap((point) =>
        (point.exemplars ?? []).map(({ value }) => value),
      ),
    ).toHaveLength(2);
  });

  describe("as differences", () => {
    const sumOfAll = (name: string): number =>
      receiver.metrics
        .flat()
        .filter((point) => point.name === name)
        .reduce((total, { value }) => total + value, 0);

    beforeEach(() => {
      vi.stubEnv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
    });

    it("arrive, each once, after the endpoint was away", async () => {
      const { exporter } = start({
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
        OTEL_TRACES_EXPORTER: "none",
      });
      receiver.mode = { status: 503 };
      holdConversation();
      await exporter.forceFlush();
      await exporter.forceFlush();
      receiver.mode = "accept";
      await exporter.forceFlush();
      await exporter.forceFlush();
      expect(sumOfAll("talktrace.conversations")).toBe(1);
      expect(sumOfAll("talktrace.reply.wait")).toBeCloseTo(2.5, 6);
      const exemplars = receiver.metrics
        .flat()
        .filter(({ name }) => name === "talktrace.reply.wait")
        .flatMap((point) => point.exemplars ?? []);
      expect(exemplars).toHaveLength(2);
      expect(problems.at(-1)).toBe(`Metrics reach ${receiver.url}/v1/metrics again`);
    });

    it("are told of when they are lost: refused, or not sent before the end", async () => {
      const { exporter, shutdown } = start({
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
        OTEL_TRACES_EXPORTER: "none",
      });
      const url = `${receiver.url}/v1/metrics`;
      receiver.mode = { status: 400 };
      holdConversation();
      await exporter.forceFlush();
      receiver.mode = { status: 503 };
      await shutdown();
      started = undefined;
      expect(problems).toEqual([
        `No metrics: cannot send them to ${url} (status 400); the figures of one request are lost. The record is not affected`,
        `Metrics end without ${url}; the figures of 2 requests are lost. The record is not affected`,
      ]);
    });
  });

  it("end in time with an endpoint that never answers", async () => {
    receiver.mode = "hang";
    const { shutdown } = start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_TRACES_EXPORTER: "none",
    });
    holdConversation();
    await shutdown();
    started = undefined;
    expect(problems.filter((line) => line.startsWith("No metrics")).length).toBeLessThan(2);
    expect(metrics.getMeterProvider().constructor.name).toBe("NoopMeterProvider");
  });

  it("reach a provider that the user registered", async () => {
    const collected = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: collected });
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(new ConversationExporter({ sink: store }))],
    });
    trace.setGlobalTracerProvider(provider);
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    try {
      holdConversation();
      await reader.forceFlush();
      const names = collected
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
        .map(({ descriptor }) => descriptor.name);
      expect(names).toContain("talktrace.reply.wait");
    } finally {
      await reader.shutdown();
      await provider.shutdown();
      trace.disable();
      metrics.disable();
    }
  });
});
