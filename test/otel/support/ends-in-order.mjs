// Ends a few spans, and then itself, without a shutdown. Arguments: the folder, the endpoint, how.
import { trace } from "@opentelemetry/api";
import { startTelemetry } from "../../../dist/src/livekit/index.js";

const [, , directory, endpoint, how] = process.argv;
const telemetry = startTelemetry({
  directory,
  console: false,
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  reportProblem: () => undefined,
});
const tracer = trace.getTracer("test");
for (let n = 0; n < 5; n += 1) tracer.startSpan(`span ${n}`).end();
await telemetry.flush();
if (how === "exit") process.exit(0);
