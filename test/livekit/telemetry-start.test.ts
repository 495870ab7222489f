import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { readdirSync } from "node:fs";
import { diag, metrics, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  ConversationExporter,
  SPAN,
  hasConversationExporter,
  hasTracerProvider,
  recordSpan,
  startConversation,
} from "../../otel/index.js";
import { type Telemetry, type TelemetryOptions, startTelemetry } from "../../src/livekit/index.js";
import { listConversations, openStore, readConversation } from "../../src/store/index.js";
import { makeFolder } from "../store/support/folder.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";

/** Where each copy of `@opentelemetry/api` 1.x keeps what was registered. */
const API_GLOBAL = Symbol.for("opentelemetry.js.api.1");
const globals = globalThis as { [key: symbol]: { [name: string]: unknown } | undefined };

let directory: string;
let receiver: OtlpReceiver;
let lines: string[];
let telemetry: Telemetry | undefined;
const kept = new Map<string, string | undefined>();
let globalBefore: { [name: string]: unknown } | undefined;

beforeEach(async () => {
  directory = makeFolder();
  receiver = await startOtlpReceiver();
  lines = [];
  globalBefore = globals[API_GLOBAL];
  delete globals[API_GLOBAL];
});
afterEach(async () => {
  await telemetry?.shutdown();
  telemetry = undefined;
  await receiver.stop();
  for (const [name, value] of kept) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  kept.clear();
  globals[API_GLOBAL] = globalBefore;
});

/** The SDK reads its variables from the process itself. */
function setEnvironment(env: { [name: string]: string }): void {
  for (const [name, value] of Object.entries(env)) {
    kept.set(name, process.env[name]);
    process.env[name] = value;
  }
}

function start(env: NodeJS.ProcessEnv = {}, options: TelemetryOptions = {}): Telemetry {
  telemetry = startTelemetry({
    directory,
    console: false,
    reportProblem: (line) => lines.push(line),
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env },
    ...options,
  });
  return telemetry;
}

const LONG = "A sentence that goes on and on. ".repeat(30).trim();

/** Holds a conversation as `observe()` does, and gives what is in the record. */
async function holdConversation(): Promise<{
  contents: string[];
  status: string;
  dropped: number;
}> {
  const atMs = Date.now();
  // Spans of an id that `recordSpan()` got are recorded once, in this file and in later ones.
  const session = {
    id: randomUUID(),
    started_at: "2026-01-01T00:00:00.000000+00:00",
    software: {},
  };
  const tracer = telemetry!.tracer();
  const spans = startConversation(tracer, session, "room", atMs, undefined, { record: recordSpan });
  const message = { turnId: "t_1", source: "text_input", timestampMs: atMs } as const;
  spans.text({ ...message, id: "m_1", role: "user", content: "hello" });
  spans.text({ ...message, id: "m_2", role: "agent", content: LONG });
  spans.end({ endedMs: atMs + 1000 });
  await telemetry!.flush();
  const [found] = await listConversations(directory);
  const { conversation } = await readConversation(found!.path);
  return {
    contents: conversation.conversation.map(({ content }) => content),
    status: conversation.session.status,
    dropped: conversation.integrity.dropped,
  };
}

const WHOLE = { contents: ["hello", LONG], status: "complete", dropped: 0 };

describe("startTelemetry() beside another version of @opentelemetry/api that was loaded first", () => {
  it("tells of a variable that nothing reads, with the nearest name", async () => {
    start({ TALKTRACE_SPOL_DIRECTORY: directory });
    expect(lines).toEqual([
      'Nothing reads TALKTRACE_SPOL_DIRECTORY; did you mean "TALKTRACE_SPOOL_DIRECTORY"?',
    ]);
    expect(await holdConversation()).toEqual(WHOLE);
  });

  it.each(["1.8.0", "1.9.0", "1.99.0"])(
    "records, sends its spans, and names the cause in one line (%s)",
    async (version) => {
      const foreign = { version, diag: console, propagation: {} };
      globals[API_GLOBAL] = foreign;
      start();
      expect(await holdConversation()).toEqual(WHOLE);
      expect(lines).toEqual([
        expect.stringMatching(
          new RegExp(
            `version ${version.replaceAll(".", "\\.")} of @opentelemetry/api was loaded before`,
          ),
        ),
      ]);
      expect(receiver.spans.map(({ name }) => name)).toEqual([
        SPAN.conversation,
        SPAN.textInput,
        SPAN.textOutput,
        SPAN.conversationEnd,
      ]);
      expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
      await telemetry!.shutdown();
      // What somebody else registered there is theirs.
      expect(globals[API_GLOBAL]).toBe(foreign);
      expect(Object.keys(foreign)).toEqual(["version", "diag", "propagation"]);
    },
  );

  it("counts its metrics, though the API's meter is another version's", async () => {
    globals[API_GLOBAL] = { version: "1.9.0", diag: console };
    start({ OTEL_METRICS_EXPORTER: "otlp" });
    await holdConversation();
    const names = receiver.metrics.flat().map(({ name }) => name);
    expect(names).toContain("talktrace.messages");
  });
});

describe("startTelemetry() where OpenTelemetry does not start", () => {
  it("records all the same, and leaves nothing of it running or registered", async () => {
    // The SDK looks at the process; TalkTrace's own settings come from elsewhere.
    setEnvironment({ OTEL_SDK_DISABLED: "true" });
    start();
    expect(lines).toEqual([expect.stringContaining("No traces: Cannot start OpenTelemetry")]);
    expect(await holdConversation()).toEqual(WHOLE);
    expect(hasTracerProvider()).toBe(false);
    await telemetry!.shutdown();
    expect(hasConversationExporter()).toBe(false);
  });
});

describe("startTelemetry() where somebody else has set up OpenTelemetry", () => {
  function register(): InMemorySpanExporter {
    const exported = new InMemorySpanExporter();
    const spanProcessors = [new SimpleSpanProcessor(exported)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
    onTestFinished(() => trace.disable());
    return exported;
  }

  it("writes the record beside it without a word, and leaves spans to that setup", async () => {
    const exported = register();
    start();
    expect(await holdConversation()).toEqual(WHOLE);
    expect(lines).toEqual([]);
    expect(exported.getFinishedSpans().map(({ name }) => name)).toContain(SPAN.textInput);
    expect(receiver.spans).toEqual([]);
    await telemetry!.shutdown();
    expect(hasConversationExporter()).toBe(false);
    expect(hasTracerProvider()).toBe(true);
  });

  it("leaves the record to the user's own exporter, and writes it once", async () => {
    register();
    const sink = openStore({ directory });
    const exporter = new ConversationExporter({ sink });
    start();
    expect(telemetry!.store).toBeUndefined();
    expect(await holdConversation()).toEqual(WHOLE);
    expect(await listConversations(directory)).toHaveLength(1);
    expect(lines).toEqual([]);
    await exporter.shutdown();
  });
});

describe("the record of TalkTrace's own setup is whole", () => {
  it.each<[string, { [name: string]: string }]>([
    ["OTEL_TRACES_SAMPLER=always_off", { OTEL_TRACES_SAMPLER: "always_off" }],
    [
      "a ratio of 0",
      { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
    ],
    ["a limit of 16 characters", { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "16" }],
    ["a limit of 3 attributes", { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "3" }],
  ])("under %s, which applies to what is forwarded", async (_, env) => {
    setEnvironment(env);
    start();
    expect(await holdConversation()).toEqual(WHOLE);
    expect(lines).toEqual([]);
    const texts = receiver.spans.flatMap(({ attributes }) => Object.values(attributes).map(String));
    expect(texts.some((text) => text.includes(LONG))).toBe(false);
  });
});

describe("what the SDK complains of", () => {
  it("reaches the agent in one line where a certificate cannot be read", async () => {
    setEnvironment({ OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere/ca.pem" });
    start();
    await holdConversation();
    expect(lines.filter((line) => line.includes("certificate"))).toEqual([
      expect.stringMatching(/^OpenTelemetry: .*certificate/i),
    ]);
  });

  it("reaches the agent in one line where the port of Prometheus is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    setEnvironment({
      OTEL_METRICS_EXPORTER: "prometheus",
      OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    start({ OTEL_METRICS_EXPORTER: "prometheus" });
    expect(await holdConversation()).toEqual(WHOLE);
    await expect.poll(() => lines).toEqual([expect.stringContaining("EADDRINUSE")]);
    await new Promise((resolve) => taken.close(resolve));
  });

  it("never repeats the key of an endpoint", async () => {
    setEnvironment({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://me:s3cret@[bad?key=s3cret" });
    setEnvironment({ OTEL_LOGS_EXPORTER: "otlp" });
    start({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:s3cret@127.0.0.1:9/x?key=s3cret" });
    await holdConversation();
    expect(lines.join("\n")).toContain("cannot send spans to http://127.0.0.1:9/x/v1/traces");
    expect(lines.join("\n")).not.toContain("s3cret");
  });

  it("goes to a logger that the agent has set, and to no other", async () => {
    const heard: unknown[] = [];
    const hear = (...parts: unknown[]): void => void heard.push(parts);
    diag.setLogger({ error: hear, warn: hear, info: () => {}, debug: () => {}, verbose: () => {} });
    setEnvironment({ OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere/ca.pem" });
    start();
    await holdConversation();
    expect(heard.length).toBeGreaterThan(0);
    expect(lines).toEqual([]);
    diag.disable();
  });

  it("leaves no logger, no provider and no meter behind after the shutdown", async () => {
    start();
    await telemetry!.shutdown();
    expect(trace.getTracer("x").startSpan("y").isRecording()).toBe(false);
    expect(hasTracerProvider()).toBe(false);
    expect(metrics.getMeterProvider().getMeter("x")).toBe(metrics.getMeterProvider().getMeter("y"));
    expect(readdirSync(directory)).toEqual([]);
  });
});
