import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { FORWARDER_LIMITS } from "../../../otel/index.js";
import { makeFolder } from "../../store/support/folder.js";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/otlp-receiver.js";
import { makeForwarder } from "../support/make-forwarder.js";
import { makeSpans } from "../support/make-spans.js";

async function makeReceiver(): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  return receiver;
}

function indexesOf({ spans }: OtlpReceiver): unknown[] {
  return spans.map(({ attributes }) => attributes["index"]);
}

function bytesIn(folder: string): number {
  const sizes = readdirSync(folder).map(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function countUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe("createDurableForwarder()", () => {
  it("A durable forwarder sends in order, in batches of at most 64, and leaves nothing behind", async () => {
    const directory = join(makeFolder(), "spool");
    const receiver = await makeReceiver();
    const forwarder = makeForwarder(directory, receiver.url);
    for (const span of makeSpans(200)) forwarder.forward(span);
    await forwarder.shutdown();
    expect(receiver.refusals).toEqual([]);
    expect(indexesOf(receiver)).toEqual(countUpTo(200));
    expect(receiver.batches).toEqual([64, 64, 64, 8]);
    expect(forwarder.counts()).toEqual({ sent: 200, waiting: 0, dropped: 0 });
    expect(forwarder.lines).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });

  it("A durable forwarder makes no folder before the first span", async () => {
    const directory = join(makeFolder(), "spool");
    const forwarder = makeForwarder(directory, "http://127.0.0.1:9");
    await forwarder.flush();
    expect(existsSync(directory)).toBe(false);
  });

  it("A durable forwarder hands what nothing listened for to the next one, before its own spans", async () => {
    const receiver = await startOtlpReceiver();
    await receiver.stop();
    const directory = makeFolder();
    const first = makeForwarder(directory, receiver.url);
    const spans = makeSpans(30);
    for (const span of spans.slice(0, 20)) first.forward(span);
    await first.shutdown();
    const revived = await startOtlpReceiver(Number(new URL(receiver.url).port));
    onTestFinished(() => revived.stop());
    const second = makeForwarder(directory, receiver.url);
    for (const span of spans.slice(20)) second.forward(span);
    await second.shutdown();
    expect(indexesOf(revived)).toEqual(countUpTo(30));
    expect(readdirSync(directory)).toEqual([]);
  });

  it("A durable forwarder drops the oldest when there is no room, and counts them", async () => {
    const receiver = await makeReceiver();
    receiver.mode = { status: 503 };
    const limits = { fileBytes: 10_000, maxBytes: 60_000 };
    const folder = makeFolder();
    const forwarder = makeForwarder(folder, receiver.url, limits);
    for (const span of makeSpans(200)) {
      forwarder.forward(span);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // What is being sent is not dropped. Were it taken now, younger spans would go in its place.
    await vi.waitFor(() => {
      expect(forwarder.counts().dropped).toBeGreaterThan(0);
      expect(bytesIn(folder)).toBeLessThanOrEqual(limits.maxBytes);
    }, 20_000);
    receiver.mode = "accept";
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(forwarder.counts().waiting).toBe(0);
    }, 20_000);
    const { sent, dropped } = forwarder.counts();
    expect(sent + dropped).toBe(200);
    expect(indexesOf(receiver)).toEqual(countUpTo(200).slice(dropped));
    expect(forwarder.lines).toContainEqual(expect.stringMatching(/^Dropped \d+ .*: no room$/));
    expect(forwarder.lines.at(-1)).toMatch(/again; \d+ were lost meanwhile$/);
  });

  it("A durable forwarder drops what is too old, and what is too large for any collector", async () => {
    const receiver = await startOtlpReceiver();
    await receiver.stop();
    const directory = makeFolder();
    const first = makeForwarder(directory, receiver.url, { maxSpanBytes: 3000 });
    for (const span of makeSpans(20)) first.forward(span);
    for (const span of makeSpans(1, "x".repeat(4000))) first.forward(span);
    expect(first.counts()).toMatchObject({ waiting: 20, dropped: 1 });
    await first.shutdown();
    const second = makeForwarder(directory, receiver.url, { maxAgeMs: -1 });
    for (const span of makeSpans(1)) second.forward(span);
    await second.flush();
    expect(second.counts()).toEqual({ sent: 0, waiting: 1, dropped: 20 });
    expect(second.lines[0]).toMatch(/^Dropped 20 .*: too old$/);
  });

  it("A durable forwarder sends from memory where the disk refuses", async () => {
    const receiver = await makeReceiver();
    const path = join(makeFolder(), "taken");
    writeFileSync(path, "a file where the folder should be");
    const forwarder = makeForwarder(path, receiver.url);
    for (const span of makeSpans(3)) forwarder.forward(span);
    await forwarder.shutdown();
    expect(indexesOf(receiver)).toEqual(countUpTo(3));
    expect(forwarder.lines).toEqual([
      expect.stringMatching(/^Spans do not survive this process: cannot write to ".*taken"/),
    ]);
  });

  it("A durable forwarder asks no faster though the whole backlog is refused, and gives up none of it", async () => {
    const receiver = await makeReceiver();
    const directory = makeFolder();
    for (const attempt of [1, 2]) {
      const earlier = makeForwarder(directory, "http://127.0.0.1:9");
      for (const span of makeSpans(20, `span of ${attempt}`)) earlier.forward(span);
      await earlier.shutdown();
    }
    receiver.mode = { status: 400 };
    const forwarder = makeForwarder(directory, receiver.url);
    for (const span of makeSpans(1)) forwarder.forward(span);
    for (let attempt = 0; attempt < 10; attempt += 1) await forwarder.flush();
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 41, dropped: 0 });
    // One for the span in front and one to compare it with, each time; before that, smaller batches.
    expect(receiver.requestTimes.length).toBeLessThanOrEqual(2 * 10 + 4);
  });

  it("A durable forwarder sends the resource of each span, once for neighbours that share it", async () => {
    const receiver = await makeReceiver();
    const forwarder = makeForwarder(makeFolder(), receiver.url);
    const services = ["first", "first", "second", "first"];
    for (const service of services) {
      for (const span of makeSpans(1, "span", service)) forwarder.forward(span);
    }
    await forwarder.flush();
    expect(receiver.refusals).toEqual([]);
    expect(receiver.spans.map(({ service }) => service)).toEqual(services);
  });

  it("A durable forwarder ends though the endpoint hangs, and leaves what waits on disk", async () => {
    const receiver = await makeReceiver();
    receiver.mode = "hang";
    const directory = makeFolder();
    const forwarder = makeForwarder(directory, receiver.url);
    for (const span of makeSpans(FORWARDER_LIMITS.batchSize + 1)) forwarder.forward(span);
    await forwarder.shutdown();
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^\d{13}-[0-9a-f]{8}\.spool$/)]);
  });
});
