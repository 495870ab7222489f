import { existsSync, readFileSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  FORWARDER_LIMITS,
  createDurableForwarder,
  readTelemetrySettings,
} from "../../otel/index.js";
import { makeFolder } from "../store/support/folder.js";
import { ACCEPTED, AWAY, makeFakeSender } from "./support/fake-sender.js";
import { makeForwarder } from "./support/make-forwarder.js";
import { makeSpans } from "./support/make-spans.js";

const URL_OF_FAKE = "http://localhost:4318/v1/traces";
const DAY_MS = 24 * 3_600_000;

/** A forwarder to an endpoint that nobody set, as the bootstrap makes it without an OTLP setting. */
function makeUnasked(directory: string, sender = makeFakeSender(() => AWAY)) {
  const lines: string[] = [];
  const forwarder = createDurableForwarder({
    directory,
    sender,
    url: URL_OF_FAKE,
    diskUse: "once answered",
    report: (line) => void lines.push(line),
  });
  onTestFinished(() => forwarder.shutdown());
  return { lines, sender, ...forwarder };
}

function spoolFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(".spool"));
}

describe("an endpoint that nobody set", () => {
  it("costs one line that tells how to get traces, and nothing on disk, where nobody listens", async () => {
    const directory = join(makeFolder(), ".spool");
    const forwarder = makeUnasked(directory);
    const open = new BasicTracerProvider().getTracer("test").startSpan("open");
    forwarder.begin(open as unknown as ReadableSpan);
    for (let round = 0; round < 3; round += 1) {
      for (const span of makeSpans(100)) forwarder.forward(span);
      await forwarder.flush();
      expect(existsSync(directory)).toBe(false);
    }
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 300, dropped: 0 });
    await forwarder.shutdown();
    expect(existsSync(directory)).toBe(false);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 0, dropped: 300 });
    expect(forwarder.lines).toEqual([
      `No traces: cannot send spans to ${URL_OF_FAKE} (nobody is there). They wait in memory only. ` +
        "To get traces, start Jaeger or a Collector there, or set OTEL_EXPORTER_OTLP_ENDPOINT; " +
        "OTEL_TRACES_EXPORTER=none sends none. The record is not affected",
    ]);
  });

  it("keeps the memory of a process within bounds without a word, latest spans first", async () => {
    const forwarder = makeUnasked(join(makeFolder(), ".spool"));
    const { queueSize } = FORWARDER_LIMITS;
    for (const span of makeSpans(10, "old")) forwarder.forward(span);
    for (const span of makeSpans(queueSize, "new")) forwarder.forward(span);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: queueSize, dropped: 10 });
    forwarder.sender.judge = () => ACCEPTED;
    await forwarder.flush();
    expect(forwarder.sender.accepted.slice(0, 3)).toEqual(["new", "new", "new"]);
    expect(forwarder.lines).toEqual([]);
  });

  it("gets what waited once somebody listens, and spans are durable from then on", async () => {
    const directory = join(makeFolder(), ".spool");
    const first = makeUnasked(directory);
    const open = new BasicTracerProvider().getTracer("test").startSpan("open");
    first.begin(open as unknown as ReadableSpan);
    for (const span of makeSpans(20, "early")) first.forward(span);
    await first.flush();
    first.sender.judge = () => ACCEPTED;
    await first.flush();
    expect(first.sender.accepted).toEqual(Array<string>(20).fill("early"));
    first.sender.judge = () => AWAY;
    for (const span of makeSpans(5, "late")) first.forward(span);
    const [file] = spoolFiles(directory);
    const spooled = readFileSync(join(directory, file!), "utf8");
    expect(spooled.match(/"name":"late"/g)).toHaveLength(5);
    expect(spooled).toContain('"name":"open"');
    await first.shutdown();
    expect(spoolFiles(directory)).toHaveLength(1);

    // The next process, as each call has one, finds nobody: it is away, and was there before.
    const second = makeUnasked(directory);
    for (const span of makeSpans(2, "next")) second.forward(span);
    await second.flush();
    expect(second.lines).toEqual([
      "1 span had not ended when its process did; it is sent as recovered",
      expect.stringContaining(`They wait in "${directory}"`),
    ]);
    second.sender.judge = () => ACCEPTED;
    await second.flush();
    const { accepted } = second.sender;
    expect(accepted.filter((name) => name === "late")).toHaveLength(5);
    expect(accepted.filter((name) => name === "next")).toHaveLength(2);
    await second.shutdown();
    expect(spoolFiles(directory)).toEqual([]);
  });

  it("gets what an earlier process left on disk as soon as it answers, though no span follows", async () => {
    const directory = makeFolder();
    const earlier = makeForwarder(
      directory,
      URL_OF_FAKE,
      {},
      makeFakeSender(() => AWAY),
    );
    for (const span of makeSpans(7, "earlier")) earlier.forward(span);
    await earlier.shutdown();
    const forwarder = makeUnasked(
      directory,
      makeFakeSender(() => ACCEPTED),
    );
    for (const span of makeSpans(1, "own")) forwarder.forward(span);
    await expect
      .poll(async () => {
        await forwarder.flush();
        return forwarder.sender.accepted.length;
      })
      .toBe(8);
  });

  it("is a stranger again after a week without an answer", async () => {
    const directory = join(makeFolder(), ".spool");
    const first = makeUnasked(
      directory,
      makeFakeSender(() => ACCEPTED),
    );
    for (const span of makeSpans(1)) first.forward(span);
    await first.shutdown();
    const [mark] = readdirSync(directory);
    expect(readFileSync(join(directory, mark!), "utf8")).toBe("");
    const longAgo = new Date(Date.now() - 8 * DAY_MS);
    utimesSync(join(directory, mark!), longAgo, longAgo);
    const second = makeUnasked(directory);
    for (const span of makeSpans(1)) second.forward(span);
    await second.shutdown();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("a setting of OTLP", () => {
  const isAsked = (env: NodeJS.ProcessEnv): boolean =>
    readTelemetrySettings(env, () => undefined).isTracesAsked;

  it.each([
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_TRACES_EXPORTER",
    "TALKTRACE_SPOOL_DIRECTORY",
  ])("asks for traces: %s", (name) => {
    expect(isAsked({ [name]: "x" })).toBe(true);
    expect(isAsked({ [name]: " " })).toBe(false);
  });

  it.each(["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_SERVICE_NAME", "TALKTRACE_DIRECTORY"])(
    "does not ask for traces: %s",
    (name) => {
      expect(isAsked({ [name]: "x" })).toBe(false);
    },
  );
});
