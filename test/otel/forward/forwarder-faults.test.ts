import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { FORWARDER_LIMITS } from "../../../otel/index.js";
import { makeFolder } from "../../store/support/folder.js";
import {
  type AnswerMode,
  type OtlpReceiver,
  startOtlpReceiver,
} from "../../support/otlp-receiver.js";
import { type Kind, makeForwarderOf } from "../support/make-forwarder.js";
import { makeSpans } from "../support/make-spans.js";

const PATIENT = 20_000;
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
  { status: 401 },
  { status: 415 },
  { status: 429 },
  { status: 500 },
  { status: 503 },
];
const KINDS: Kind[] = ["disk", "memory"];

async function makeReceiver(): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  return receiver;
}

function indexesOf({ spans }: OtlpReceiver): unknown[] {
  return spans.map(({ attributes }) => attributes["index"]);
}

function countUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe.each(KINDS)("A forwarder whose spans wait in %s", (kind) => {
  const makeIt = (url: string) => makeForwarderOf(kind, makeFolder(), url);

  it("sends in order, in batches of at most 64, that a strict receiver takes", async () => {
    const receiver = await makeReceiver();
    const forwarder = makeIt(receiver.url);
    for (const span of makeSpans(200)) forwarder.forward(span);
    await forwarder.shutdown();
    expect(receiver.refusals).toEqual([]);
    expect(indexesOf(receiver)).toEqual(countUpTo(200));
    expect(Math.max(...receiver.batches)).toBeLessThanOrEqual(FORWARDER_LIMITS.batchSize);
    expect(forwarder.state()).toBe("up");
    expect(forwarder.counts()).toEqual({ sent: 200, waiting: 0, dropped: 0 });
    expect(forwarder.lines).toEqual([]);
  });

  it.each(MODES)(
    "loses nothing to an endpoint that answers with %j, and says so in the same two lines",
    async (mode) => {
      const receiver = await makeReceiver();
      const forwarder = makeIt(receiver.url);
      receiver.mode = mode;
      for (const span of makeSpans(100)) forwarder.forward(span);
      await forwarder.flush();
      expect(forwarder.state()).toBe("down");
      expect(receiver.spans).toEqual([]);
      expect(forwarder.counts()).toEqual({ sent: 0, waiting: 100, dropped: 0 });
      receiver.mode = "accept";
      await vi.waitFor(async () => {
        await forwarder.flush();
        expect(forwarder.counts().waiting).toBe(0);
      }, PATIENT);
      expect(indexesOf(receiver)).toEqual(countUpTo(100));
      expect(forwarder.lines).toEqual([
        expect.stringMatching(/^No traces: cannot send spans to .*The record is not affected$/),
        `Spans reach ${receiver.url} again; none was lost meanwhile`,
      ]);
    },
  );

  it("takes an answer with keys that OTLP does not know for success, and no page of HTML", async () => {
    let body = '{"message":"OK"}';
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(200).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const forwarder = makeIt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const span of makeSpans(3)) forwarder.forward(span);
    await forwarder.flush();
    expect(forwarder.counts()).toEqual({ sent: 3, waiting: 0, dropped: 0 });
    body = "<html>Log in</html>";
    for (const span of makeSpans(3)) forwarder.forward(span);
    await forwarder.flush();
    expect(forwarder.counts()).toEqual({ sent: 3, waiting: 3, dropped: 0 });
    expect(forwarder.lines).toEqual([expect.stringContaining("the answer is not OTLP")]);
  });

  it("names the setting where the endpoint does not take the encoding", async () => {
    const receiver = await makeReceiver();
    receiver.mode = { status: 415 };
    const forwarder = makeIt(receiver.url);
    for (const span of makeSpans(2)) forwarder.forward(span);
    await forwarder.flush();
    expect(forwarder.lines).toEqual([
      expect.stringContaining("try OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"),
    ]);
  });

  it("leaves an endpoint alone for as long as that asks, also when flushed", async () => {
    const receiver = await makeReceiver();
    const forwarder = makeIt(receiver.url);
    receiver.mode = { status: 429, retryAfter: "1" };
    for (const span of makeSpans(5)) forwarder.forward(span);
    await forwarder.flush();
    receiver.mode = "accept";
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(indexesOf(receiver)).toEqual(countUpTo(5));
    }, PATIENT);
    const [first, second, ...others] = receiver.requestTimes;
    expect(second! - first!).toBeGreaterThanOrEqual(1000);
    expect(others).toEqual([]);

    receiver.mode = {
      status: 503,
      retryAfter: new Date(Date.now() + 90 * 86_400_000).toUTCString(),
    };
    for (const span of makeSpans(5)) forwarder.forward(span);
    await forwarder.flush();
    for (const span of makeSpans(100)) forwarder.forward(span);
    await forwarder.flush();
    expect(receiver.requestTimes).toHaveLength(3);
    expect(forwarder.counts().waiting).toBe(105);
  });

  it("gives up a span that alone is refused, and says which", async () => {
    const receiver = await makeReceiver();
    receiver.mode = { refuseName: "poison" };
    const forwarder = makeIt(receiver.url);
    const spans = makeSpans(150);
    const [poison] = makeSpans(1, "poison");
    for (const span of spans.toSpliced(70, 0, poison!)) forwarder.forward(span);
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(forwarder.counts()).toEqual({ sent: 150, waiting: 0, dropped: 1 });
    }, PATIENT);
    expect(indexesOf(receiver).toSorted((a, b) => Number(a) - Number(b))).toEqual(countUpTo(150));
    expect(forwarder.lines).toEqual([
      `Dropped 1 of the spans for ${receiver.url}: the endpoint takes others but not "poison" (status 400)`,
    ]);
  });

  it("takes headers and compression from the standard variables", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20secret,x-both=common");
    vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-both=own");
    vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    onTestFinished(() => void vi.unstubAllEnvs());
    const receiver = await makeReceiver();
    const forwarder = makeIt(receiver.url);
    for (const span of makeSpans(3)) forwarder.forward(span);
    await forwarder.flush();
    expect(indexesOf(receiver)).toEqual(countUpTo(3));
    expect(receiver.lastHeaders).toMatchObject({
      "x-key": "a secret",
      "x-both": "own",
      "content-encoding": "gzip",
      "content-type": "application/json",
    });
  });

  it("ends within its limit though the endpoint hangs", async () => {
    const receiver = await makeReceiver();
    receiver.mode = "hang";
    const forwarder = makeIt(receiver.url);
    for (const span of makeSpans(200)) forwarder.forward(span);
    await forwarder.shutdown();
    const lost = kind === "disk" ? 0 : 200;
    expect(forwarder.counts()).toMatchObject({ sent: 0, dropped: lost });
  });
});
