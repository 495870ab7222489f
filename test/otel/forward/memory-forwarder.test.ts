import { describe, expect, it } from "vitest";
import { FORWARDER_LIMITS, createMemoryForwarder } from "../../../otel/index.js";
import { startOtlpReceiver } from "../../support/otlp-receiver.js";
import { AWAY, makeFakeSender } from "../support/fake-sender.js";
import { makeForwarderOf } from "../support/make-forwarder.js";
import { makeSpans } from "../support/make-spans.js";

describe("A forwarder whose spans wait in memory", () => {
  it("says in one line that nothing listens, and delivers what waited once somebody does", async () => {
    const receiver = await startOtlpReceiver();
    await receiver.stop();
    const { port } = new URL(receiver.url);
    const forwarder = makeForwarderOf("memory", "", receiver.url);
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
    expect(forwarder.lines.slice(1)).toEqual([
      `Spans reach ${receiver.url} again; none was lost meanwhile`,
    ]);
    expect(revived.spans).toHaveLength(7);
    expect(forwarder.counts()).toEqual({ sent: 7, waiting: 0, dropped: 0 });
  });

  it("keeps the latest spans within its bounds, and counts and tells what it loses", async () => {
    const sender = makeFakeSender(() => AWAY);
    const forwarder = makeForwarderOf("memory", "", "http://fake", sender);
    const { queueSize } = FORWARDER_LIMITS;
    for (const span of makeSpans(200, "old")) forwarder.forward(span);
    for (const span of makeSpans(queueSize, "new")) forwarder.forward(span);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: queueSize, dropped: 200 });
    await forwarder.shutdown();
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 0, dropped: queueSize + 200 });
    expect(forwarder.lines).toEqual([
      "Drops spans for http://fake: memory takes no more",
      expect.stringMatching(/^No traces: .* \(nobody is there\)\. They wait in memory\./),
      `Dropped ${queueSize} of the spans for http://fake: only memory had them`,
    ]);
  });

  it("keeps within its bounds in bytes, and drops what no collector takes", async () => {
    const sender = makeFakeSender(() => AWAY);
    const limits = { maxHeldBytes: 20_000, maxSpanBytes: 5000 };
    const report = (): void => undefined;
    const forwarder = createMemoryForwarder({ sender, url: "http://fake", report, limits });
    for (const span of makeSpans(1, "x".repeat(6000))) forwarder.forward(span);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 0, dropped: 1 });
    for (const span of makeSpans(300)) forwarder.forward(span);
    const { waiting, dropped } = forwarder.counts();
    expect(waiting).toBeGreaterThan(10);
    expect(waiting).toBeLessThan(200);
    expect(waiting + dropped).toBe(301);
    await forwarder.shutdown();
  });
});
