import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { createDurableForwarder, createOtlpSender } from "../../otel/index.js";
import { type AnswerMode, type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";

/** How long each endpoint fails. */
const FAULT_S = Number(process.env["FAULT_SECONDS"] ?? 3);
/** How long it works, before that and after it. */
const WORKING_S = Math.min(FAULT_S, 15);
const SPANS_PER_S = 100;
/** Its own limit is 30 s. */
const STOCK_SHUTDOWN_S = Math.min(35, 3 * FAULT_S);
const LONG_RETRY_AFTER_S = Math.min(60, 2 * FAULT_S);

const ROWS: { fault: string; mode: AnswerMode | "refused" }[] = [
  { fault: "connection refused", mode: "refused" },
  { fault: "connection reset", mode: "reset" },
  { fault: "hangs", mode: "hang" },
  { fault: "body without end", mode: "endless" },
  { fault: "a byte at a time", mode: "trickle" },
  { fault: "400", mode: { status: 400 } },
  { fault: "429, retry after 1 s", mode: { status: 429, retryAfter: "1" } },
  {
    fault: `429, retry after ${LONG_RETRY_AFTER_S} s`,
    mode: { status: 429, retryAfter: String(LONG_RETRY_AFTER_S) },
  },
  { fault: "500", mode: { status: 500 } },
  { fault: "503", mode: { status: 503 } },
  { fault: "200 with garbage", mode: "garbage" },
  { fault: "partial success, all rejected", mode: "partial" },
  { fault: "partial success, half rejected", mode: "half" },
  { fault: "slow", mode: "slow" },
];

interface Outcome {
  fault: string;
  spans: number;
  lost: number;
  lostByStock: number;
  sentTwice: number;
  /** How often the endpoint was asked while it failed. */
  asked: number;
  maxBatch: number;
}

/** One endpoint that fails, with the spans of one process sent to it in both ways. */
async function runRow({ fault, mode }: (typeof ROWS)[number]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "talktrace-faults-"));
  const receivers = { ours: await startOtlpReceiver(), stock: await startOtlpReceiver() };
  const attempts: OtlpReceiver[] = [receivers.ours];
  const stockAttempts: OtlpReceiver[] = [receivers.stock];
  const [url, stockUrl] = [receivers.ours.url, receivers.stock.url].map(
    (each) => `${each}/v1/traces`,
  );
  const forwarder = createDurableForwarder({
    directory: join(folder, "spool"),
    sender: createOtlpSender(url!, 2000),
    url: url!,
    report: () => undefined,
  });
  const ours: SpanProcessor = {
    onStart: (span) => forwarder.begin(span),
    onEnd: (span) => forwarder.forward(span),
    forceFlush: () => forwarder.flush(),
    shutdown: () => forwarder.shutdown(),
  };
  const stock = new BatchSpanProcessor(new OTLPTraceExporter({ url: stockUrl! }));
  const provider = new BasicTracerProvider({ spanProcessors: [ours, stock] });
  const tracer = provider.getTracer("faults");
  let spans = 0;
  const names: string[] = [];
  const stockNames: string[] = [];
  /** Keeps no more of what came than its names: a long fault's spans would fill the memory. */
  const takeNames = (): void => {
    for (const each of attempts) names.push(...each.spans.splice(0).map(({ name }) => name));
    for (const each of stockAttempts)
      stockNames.push(...each.spans.splice(0).map(({ name }) => name));
  };
  const ticking = setInterval(() => {
    takeNames();
    for (let n = 0; n < SPANS_PER_S / 10; n += 1) tracer.startSpan(`span ${(spans += 1)}`).end();
  }, 100);

  await pass(WORKING_S);
  let asked = 0;
  if (mode === "refused") {
    await Promise.all([receivers.ours.stop(), receivers.stock.stop()]);
    await pass(FAULT_S);
    receivers.ours = await startOtlpReceiver(Number(new URL(receivers.ours.url).port));
    receivers.stock = await startOtlpReceiver(Number(new URL(receivers.stock.url).port));
    attempts.push(receivers.ours);
    stockAttempts.push(receivers.stock);
  } else {
    receivers.ours.mode = mode;
    receivers.stock.mode = mode;
    const before = receivers.ours.requestTimes.length;
    await pass(FAULT_S);
    asked = receivers.ours.requestTimes.length - before;
    receivers.ours.mode = "accept";
    receivers.stock.mode = "accept";
  }
  await pass(WORKING_S);
  clearInterval(ticking);
  // An answer that comes a byte at a time holds the stock exporter up for ever, or makes it reject
  // because it waits for too many of them.
  await Promise.race([stock.shutdown().catch(() => undefined), pass(STOCK_SHUTDOWN_S)]);
  while (forwarder.counts().waiting > 0) {
    await forwarder.flush();
    takeNames();
    await pass(0.1);
  }
  await forwarder.shutdown();
  await Promise.all([receivers.ours.stop(), receivers.stock.stop()]);
  rmSync(folder, { recursive: true, force: true });

  takeNames();
  const delivered = new Set(names).size;
  return {
    fault,
    spans,
    lost: spans - delivered,
    lostByStock: spans - new Set(stockNames).size,
    sentTwice: names.length - delivered,
    asked,
    maxBatch: Math.max(...attempts.flatMap(({ batches }) => batches)),
  };
}

/** How often an endpoint that fails may be asked. */
function requestsDuring(mode: (typeof ROWS)[number]["mode"]): { least: number; most: number } {
  if (mode === "refused") return { least: 0, most: 0 };
  const retryAfter = typeof mode === "object" && "status" in mode ? mode.retryAfter : undefined;
  return {
    least: 1,
    most: retryAfter === undefined ? Infinity : 1 + FAULT_S / Number(retryAfter),
  };
}

/** Load for a while: nothing waits for this time, it is the length of the test. */
function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

test(
  `no span is lost in ${FAULT_S} s of any fault of the endpoint`,
  async () => {
    const outcomes = await Promise.all(ROWS.map(runRow));
    console.table(outcomes);
    const table = process.env["FAULT_TABLE"];
    if (table !== undefined) writeFileSync(table, JSON.stringify(outcomes));
    for (const [at, { fault, lost, asked, maxBatch }] of outcomes.entries()) {
      expect({ fault, lost }).toEqual({ fault, lost: 0 });
      // A fault that nothing met proves nothing, and one that asks for patience must get it.
      const { least, most } = requestsDuring(ROWS[at]!.mode);
      expect(asked, fault).toBeGreaterThanOrEqual(least);
      expect(asked, fault).toBeLessThanOrEqual(most);
      expect(maxBatch).toBeLessThanOrEqual(64);
    }
  },
  (FAULT_S * 4 + 300) * 1000,
);
