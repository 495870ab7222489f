// Forwards spans as the bootstrap does. Prints each index once its span has ended.
//
//     forward.mjs <directory> <url> all <first> <count>      ends by itself
//     forward.mjs <directory> <url> endless <first>          until it is killed, with open spans
import { writeSync } from "node:fs";
import { context, trace } from "@opentelemetry/api";
import { startOpenTelemetry } from "../../../dist/otel/index.js";

const [directory, url, mode, first, count] = process.argv.slice(2);
const sink = { flush: async () => {}, shutdown: async () => {} };
const telemetry = startOpenTelemetry({
  settings: {
    tracesUrl: `${url}/v1/traces`,
    isTracesAsked: true,
    exportTimeoutMs: 500,
    serviceName: "forward",
    spanNames: "plain",
    enabled: true,
    directory,
    spool: true,
    spoolDirectory: undefined,
    textLog: false,
    console: false,
  },
  sink,
  reportProblem: () => {},
});
const tracer = trace.getTracer("test");
const root = tracer.startSpan("session");
const inSession = trace.setSpan(context.active(), root);
let index = Number(first);

function endSome(number) {
  for (let n = 0; n < number; n += 1) {
    const turn = tracer.startSpan("turn", {}, inSession);
    const below = trace.setSpan(inSession, turn);
    tracer.startSpan("word", { attributes: { index } }, below).end();
    // The last turn stays open, as one does at any moment of a call.
    if (n < number - 1) turn.end();
    else setImmediate(() => turn.end());
    writeSync(1, `${index}\n`);
    index += 1;
  }
}

if (mode === "all") {
  endSome(Number(count));
  await new Promise((resolve) => setImmediate(resolve));
  root.end();
  await telemetry.shutdown();
} else {
  const more = () => {
    endSome(10);
    setTimeout(more, 1);
  };
  more();
}
