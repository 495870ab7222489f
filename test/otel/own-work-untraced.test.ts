import { randomUUID } from "node:crypto";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { leaveJournal } from "../store/support/left-journal.js";
import { makeFolder } from "../store/support/folder.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";
import { type TracedCall, watchTracedCalls } from "../support/traced-calls.js";
import { makeSpans } from "./support/make-spans.js";

const API_GLOBAL = Symbol.for("opentelemetry.js.api.1");
const globals = globalThis as { [key: symbol]: { [name: string]: unknown } | undefined };
const PATIENT = 20_000;
const calls: TracedCall[] = [];
let stopWatching: () => void;
let globalBefore: { [name: string]: unknown } | undefined;

beforeAll(() => {
  // Before TalkTrace's modules are loaded, as an instrumentation has to be.
  stopWatching = watchTracedCalls(calls);
});
afterAll(() => stopWatching());
beforeEach(() => {
  calls.length = 0;
  globalBefore = globals[API_GLOBAL];
  delete globals[API_GLOBAL];
});
afterEach(() => {
  trace.disable();
  globals[API_GLOBAL] = globalBefore;
});

function registerManager(): AsyncLocalStorageContextManager {
  const manager = new AsyncLocalStorageContextManager().enable();
  onTestFinished(() => void manager.disable());
  return manager;
}

const SETUPS: { [name: string]: () => void } = {
  "TalkTrace's own": () => undefined,
  "a provider of the user's": () => {
    context.setGlobalContextManager(registerManager());
    trace.setGlobalTracerProvider(new BasicTracerProvider());
  },
  "another version of the API that was loaded first": () => {
    globals[API_GLOBAL] = { version: "1.8.0", context: registerManager() };
  },
};

it.each(Object.keys(SETUPS))(
  "a call under %s has no span of TalkTrace's own files and requests",
  async (name) => {
    SETUPS[name]?.();
    const { startTelemetry } = await import("../../src/livekit/index.js");
    const { startSession } = await import("../livekit/support/observed-session.js");
    const { initializeLogger } = await import("@livekit/agents");
    initializeLogger({ pretty: false, level: "silent" });
    const receiver = await startOtlpReceiver();
    const directory = makeFolder();
    leaveJournal(directory);
    const telemetry = startTelemetry({
      directory,
      console: false,
      textLog: true,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_METRICS_EXPORTER: "otlp" },
      reportProblem: () => undefined,
    });
    let seenByHook = 0;
    const onComplete = (): void => {
      seenByHook = calls.length;
    };
    onTestFinished(() => telemetry.shutdown());
    const call = await startSession({ observeWith: { onComplete } });
    await call.session.say("Good morning.").waitForPlayout();
    await vi.waitFor(() => expect(call.problems.join()).toContain("Recovered"), PATIENT);
    await call.session.close();
    call.loudspeaker.close();
    await telemetry.flush();
    await telemetry.shutdown();
    await receiver.stop();
    expect(seenByHook).toBe(0);
    // The test's own reading of the file, through TalkTrace's reader, is traced: so the watch works.
    const { readConversation } = await import("../../src/store/index.js");
    expect(calls).toEqual([]);
    if (name === "TalkTrace's own") context.setGlobalContextManager(registerManager());
    const { conversation } = await readConversation(call.observation.path!);
    expect(conversation.conversation.map(({ content }) => content)).toEqual(["Good morning."]);
    expect(calls).not.toEqual([]);
  },
);

it("heartbeats that began before the context manager have no span, in the spool and in the store", async () => {
  const { ConversationExporter, createDurableForwarder, createOtlpSender, recordSpan } =
    await import("../../otel/index.js");
  const { startConversation } = await import("../../otel/index.js");
  const { openStore } = await import("../../src/store/index.js");
  const directory = makeFolder();
  const url = "http://127.0.0.1:9/v1/traces";
  const report = (): void => undefined;
  const spoolDirectory = join(directory, ".spool");
  const forwarder = createDurableForwarder({
    directory: spoolDirectory,
    sender: createOtlpSender(url, 500),
    url,
    report,
    limits: { heartbeatMs: 20 },
  });
  for (const span of makeSpans(3)) forwarder.forward(span);
  const store = openStore({ directory, limits: { heartbeatMs: 20 }, onProblem: report });
  const exporter = new ConversationExporter({ sink: store, reportProblem: report });
  context.setGlobalContextManager(registerManager());
  // Spans of an id that `recordSpan()` got are recorded once, in this file and in later ones.
  const session = {
    id: randomUUID(),
    started_at: "2026-01-01T00:00:00.000000+00:00",
    software: {},
  };
  const tracer = trace.getTracer("talktrace");
  startConversation(tracer, session, "room", Date.now(), undefined, { record: recordSpan });
  const { readdirSync, statSync } = await import("node:fs");
  const files = [spoolDirectory, directory].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\w\.(?:spool|journal)$/.test(name))
      .map((name) => join(folder, name)),
  );
  expect(files).toHaveLength(2);
  const untilTouched = async (): Promise<void> => {
    const agedMs = Date.now() - 3_600_000;
    for (const path of files) utimesSync(path, agedMs / 1000, agedMs / 1000);
    await vi.waitFor(() => {
      for (const path of files) expect(statSync(path).mtimeMs).toBeGreaterThan(agedMs + 1_800_000);
    }, PATIENT);
  };
  await untilTouched();
  // A beat that was under way when the manager came knew of none.
  calls.length = 0;
  await untilTouched();
  expect(calls).toEqual([]);
  await forwarder.shutdown();
  await exporter.shutdown();
  expect(calls).toEqual([]);
});

it("requests have no span where no context manager is registered, and the provider is given by hand", async () => {
  globals[API_GLOBAL] = { version: "1.8.0" };
  const { readTelemetrySettings, startOpenTelemetry } = await import("../../otel/index.js");
  const { openStore } = await import("../../src/store/index.js");
  const receiver = await startOtlpReceiver();
  const directory = makeFolder();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, TALKTRACE_DIRECTORY: directory };
  const telemetry = startOpenTelemetry({
    settings: readTelemetrySettings(env, () => undefined),
    sink: openStore({ directory }),
    reportProblem: () => undefined,
  });
  const tracer = telemetry.provider.getTracer("http");
  const http = process.getBuiltinModule("node:http");
  const { request } = http;
  onTestFinished(() => {
    http.request = request;
    process.getBuiltinModule("node:module").syncBuiltinESMExports();
  });
  // As an instrumentation does that was given the provider.
  let requestCount = 0;
  http.request = ((...args: Parameters<typeof request>) => {
    requestCount += 1;
    const span = tracer.startSpan("POST");
    return request(...args).on("close", () => span.end());
  }) as typeof request;
  process.getBuiltinModule("node:module").syncBuiltinESMExports();
  for (let n = 0; n < 3; n += 1) {
    tracer.startSpan("work").end();
    await telemetry.exporter.forceFlush();
  }
  await telemetry.shutdown();
  await receiver.stop();
  expect(requestCount).toBeGreaterThanOrEqual(3);
  expect(receiver.spans.map(({ name }) => name)).toEqual(["work", "work", "work"]);
});
