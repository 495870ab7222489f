// Ends a few spans, and then itself, without a shutdown. Arguments: the folder, the endpoint, how.
import { trace } from "@opentelemetry/api";
import { startOpenTelemetry } from "../../../dist/otel/index.js";

const [, , directory, endpoint, how] = process.argv;
const telemetry = startOpenTelemetry({
  settings: {
    tracesUrl: `${endpoint}/v1/traces`,
    isTracesAsked: true,
    exportTimeoutMs: 10_000,
    serviceName: "ends-in-order",
    spanNames: "plain",
    enabled: true,
    directory,
    spool: true,
    spoolDirectory: undefined,
    textLog: false,
    console: false,
  },
  sink: { flush: async () => {}, shutdown: async () => {} },
  reportProblem: () => {},
});
const tracer = trace.getTracer("test");
for (let n = 0; n < 5; n += 1) tracer.startSpan(`span ${n}`).end();
await telemetry.forwarder.flush();
if (how === "exit") process.exit(0);
