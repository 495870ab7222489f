import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { describe, expect, it } from "vitest";
import { FORWARDER_LIMITS, createMemoryForwarder } from "../../../otel/index.js";
import { startOtlpReceiver } from "../../support/otlp-receiver.js";
import { makeSpans } from "../support/make-spans.js";

function forwardTo(url: string, timeoutMillis = 2000) {
  const lines: string[] = [];
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, timeoutMillis });
  return { lines, ...createMemoryForwarder({ exporter, url, report: (line) => lines.push(line) }) };
}

describe("createMemoryForwarder()", () => {
  it("sends spans in batches of at most 64, that a strict receiver takes", async () => {
    const receiver = await startOtlpReceiver();
    const forwarder = forwardTo(receiver.url);
    for (const span of makeSpans(200)) forwarder.forward(span);
    await forwarder.shutdown();
    await receiver.stop();
    expect(receiver.refusals).toEqual([]);
    expect(
      receiver.spans
        .map((span) => span.attributes["index"])
        .toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(Math.max(...receiver.batches)).toBeLessThanOrEqual(FORWARDER_LIMITS.batchSize);
    expect(forwarder.state()).toBe("up");
    expect(forwarder.lines).toEqual([]);
  });

  it("says in one line that nothing listens, and in one that it is back", async () => {
    const receiver = await startOtlpReceiver();
    await receiver.stop();
    const { port } = new URL(receiver.url);
    const forwarder = forwardTo(receiver.url, 300);
    for (const round of [1, 2]) {
      for (const span of makeSpans(3)) forwarder.forward(span);
      await forwarder.flush();
      expect(forwarder.state(), `round ${round}`).toBe("down");
    }
    expect(forwarder.lines).toEqual([
      expect.stringMatching(/^No traces: cannot send spans to .* The record is not affected$/),
    ]);

    const revived = await startOtlpReceiver(Number(port));
    for (const span of makeSpans(1)) forwarder.forward(span);
    await forwarder.flush();
    await forwarder.shutdown();
    await revived.stop();
    expect(forwarder.lines[1]).toBe(`Spans reach ${receiver.url} again; 6 were lost meanwhile`);
    expect(revived.spans).toHaveLength(1);
    expect(forwarder.counts()).toEqual({ sent: 1, waiting: 0, dropped: 6 });
  });

  it("does not wait for an endpoint that hangs longer than its limit", async () => {
    const sockets = new Set<{ destroy(): void }>();
    const silent = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const forwarder = forwardTo(
      `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      60_000,
    );
    for (const span of makeSpans(200)) forwarder.forward(span);
    await forwarder.shutdown();
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 0, dropped: 200 });
    // The requests would wait for a minute: that this is reached at all shows that nobody waits.
    expect(forwarder.state()).toBe("untried");
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it("counts what is more than it keeps", async () => {
    const receiver = await startOtlpReceiver();
    await receiver.stop();
    const forwarder = forwardTo(receiver.url, 300);
    const { queueSize } = FORWARDER_LIMITS;
    for (const span of makeSpans(queueSize + 200)) forwarder.forward(span);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: queueSize, dropped: 200 });
    await forwarder.shutdown();
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 0, dropped: queueSize + 200 });
  });
});
