/**
 * An agent with OpenTelemetry's instrumentation of HTTP, undici and files, that also holds a
 * conversation. Arguments: the endpoint, a folder.
 */
import { register } from "node:module";
import { trace } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { FsInstrumentation } from "@opentelemetry/instrumentation-fs";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";

const [, , endpoint, directory] = process.argv;
register("@opentelemetry/instrumentation/hook.mjs", import.meta.url);
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    new FsInstrumentation(),
  ],
});
// Only now: what is loaded before an instrumentation is registered is not instrumented.
const http = await import("node:http");
const { readFile } = await import("node:fs/promises");
const { readTelemetrySettings, recordSpan, startConversation, startOpenTelemetry } =
  await import("../../../dist/otel/index.js");
const { openStore } = await import("../../../dist/src/store/index.js");

const say = (line) => console.error(line);
const env = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_METRICS_EXPORTER: "otlp",
  TALKTRACE_DIRECTORY: directory,
};
const sink = openStore({ directory, onProblem: say });
const telemetry = startOpenTelemetry({
  settings: readTelemetrySettings(env, say),
  sink,
  reportProblem: say,
});

const tracer = trace.getTracer("somebody");
await tracer.startActiveSpan("work of the agent", async (span) => {
  await new Promise((resolve, reject) => {
    http
      .get(`${endpoint}/own`, (response) => response.resume().on("end", resolve))
      .on("error", reject);
  });
  await fetch(`${endpoint}/own`).then((response) => response.text());
  await readFile(process.argv[1]);
  span.end();
});

const startMs = Date.now();
const session = { id: "s_1", started_at: "2026-01-01T00:00:00.000000+00:00", software: {} };
const spans = startConversation(trace.getTracer("talktrace"), session, "room", startMs, undefined, {
  record: recordSpan,
});
for (let n = 1; n <= 20; n += 1) {
  const id = `m_${n}`;
  spans.text({
    id,
    turnId: "t_1",
    role: "user",
    content: "hi",
    source: "text_input",
    timestampMs: startMs,
  });
}
// The endpoint refuses for now.
await telemetry.exporter.forceFlush();
await fetch(`${endpoint}/recover`).then((response) => response.text());
spans.end({ endedMs: Date.now() });
for (let n = 0; n < 3; n += 1) await telemetry.exporter.forceFlush();
await telemetry.shutdown();
