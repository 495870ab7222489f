/**
 * A process that forwards spans of one session, and says `e <span>` on its descriptor 3 when a
 * span's end is on disk. Options: `directory`, `url`, `prefix` of the spans' names, `limit` of
 * spans (0: no end), after which it waits for all that is in the folder to be delivered.
 */
import { writeSync } from "node:fs";

import { context, trace } from "@opentelemetry/api";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";

import { createDurableForwarder, createOtlpSender } from "../../../dist/otel/index.js";

const { directory, url, prefix, limit } = JSON.parse(process.argv[2]);
process.stdin.on("end", () => process.exit(9));
process.stdin.resume();
const forwarder = createDurableForwarder({
  directory,
  url,
  report: () => undefined,
  sender: createOtlpSender(url, 2000),
});
const provider = new BasicTracerProvider({
  spanProcessors: [
    {
      onStart: (span) => forwarder.begin(span),
      onEnd: (span) => forwarder.forward(span),
      forceFlush: () => forwarder.flush(),
      shutdown: () => forwarder.shutdown(),
    },
  ],
});
const tracer = provider.getTracer("torture");
const session = tracer.startSpan(`${prefix} session`);
const inSession = trace.setSpan(context.active(), session);
await new Promise((resolve) => setImmediate(resolve));
writeSync(3, `o ${prefix} session\n`);
for (let n = 1; limit === 0 || n <= limit; n += 1) {
  tracer.startSpan(`${prefix} ${n}`, {}, inSession).end();
  writeSync(3, `e ${prefix} ${n}\n`);
  if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
session.end();
do {
  await forwarder.flush();
  await new Promise((resolve) => setTimeout(resolve, 20));
} while (forwarder.counts().waiting > 0);
const { dropped } = forwarder.counts();
await forwarder.shutdown();
writeSync(3, `dropped ${dropped}\n`);
process.exit(0);
