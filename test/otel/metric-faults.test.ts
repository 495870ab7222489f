import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { expect, it, onTestFinished, vi } from "vitest";
import { createOtlpSender } from "../../otel/index.js";
import { createExemplars } from "../../otel/metrics/exemplars.js";
import { createMetricReader } from "../../otel/metrics/metric-reader.js";
import { type AnswerMode, startOtlpReceiver } from "../support/otlp-receiver.js";

const MODES: AnswerMode[] = [
  "reset",
  "hang",
  "endless",
  "trickle",
  "garbage",
  "partial",
  "switch",
  { status: 301 },
  { status: 400 },
  { status: 415 },
  { status: 429 },
  { status: 503 },
];

async function startMetrics() {
  const receiver = await startOtlpReceiver();
  const url = `${receiver.url}/v1/metrics`;
  const lines: string[] = [];
  const reader = createMetricReader({
    sender: createOtlpSender(url, 300, { signal: "METRICS" }),
    url,
    isAsked: true,
    exemplars: createExemplars(),
    report: (line) => void lines.push(line),
    intervalMs: 60_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    await provider.shutdown();
    await receiver.stop();
  });
  const counter = provider
    .getMeter("test")
    .createCounter("apples", { unit: "{apple}", description: "d" });
  return { receiver, url, lines, counter, flush: () => reader.forceFlush() };
}

it.each(MODES)(
  "metrics arrive whole after an endpoint that answered with %j, which costs two lines",
  async (mode) => {
    const { receiver, url, lines, counter, flush } = await startMetrics();
    receiver.mode = mode;
    counter.add(3);
    await flush();
    await flush();
    expect(receiver.metrics).toEqual([]);
    receiver.mode = "accept";
    counter.add(4);
    await flush();
    expect(receiver.metrics.at(-1)).toMatchObject([{ name: "apples", value: 7 }]);
    expect(lines).toEqual([
      expect.stringMatching(/^No metrics: cannot send them to .* The record is not affected$/),
      `Metrics reach ${url} again`,
    ]);
  },
);

it("metrics leave an endpoint alone for as long as it asks", async () => {
  const { receiver, counter, flush } = await startMetrics();
  receiver.mode = { status: 503, retryAfter: "1" };
  counter.add(1);
  await flush();
  receiver.mode = "accept";
  await flush();
  expect(receiver.metrics).toEqual([]);
  await vi.waitFor(async () => {
    await flush();
    expect(receiver.metrics.at(-1)).toMatchObject([{ name: "apples", value: 1 }]);
  }, 10_000);
});
