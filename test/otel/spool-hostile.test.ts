import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SPOOL_LIMITS } from "../../otel/index.js";
import { SpoolFile } from "../../otel/spool/spool-file.js";
import { encodeLine } from "../../otel/spool/spool-line.js";
import { nameSpoolFile } from "../../otel/spool/spool-name.js";
import { makeFolder } from "../store/support/folder.js";
import { ACCEPTED, AWAY, makeFakeSender } from "./support/fake-sender.js";
import { makeForwarder } from "./support/make-forwarder.js";
import { makeSpans } from "./support/make-spans.js";

const DAY_MS = 24 * 3_600_000;
const PATIENT = 20_000;

function nameOf(lane: string): string {
  return nameSpoolFile({ createdMs: Date.now(), lane, owner: undefined });
}

/** Has a new process find what lies in a folder, and gives the lines that it reported. */
async function adoptAll(directory: string): Promise<string[]> {
  const sender = makeFakeSender();
  const forwarder = makeForwarder(directory, "http://fake", {}, sender);
  for (const span of makeSpans(1, "newcomer")) forwarder.forward(span);
  await vi.waitFor(async () => {
    await forwarder.flush();
    expect(sender.accepted).toEqual(["newcomer"]);
  }, PATIENT);
  await forwarder.shutdown();
  return forwarder.lines;
}

/** Runs work, and gives by how many bytes the process grew at most while it ran. */
async function measureGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
  await work();
  clearInterval(watch);
  return Math.max(most, process.memoryUsage().rss) - before;
}

describe("what lies in the folder under a spool's name", () => {
  it("is set aside unread where it is larger than all spools together may be", async () => {
    const directory = makeFolder();
    const path = join(directory, nameOf("0000aaaa"));
    const fd = openSync(path, "w");
    ftruncateSync(fd, 2 * 1024 ** 3);
    closeSync(fd);
    let lines: string[] = [];
    const growth = await measureGrowth(async () => (lines = await adoptAll(directory)));
    expect(lines).toEqual([expect.stringMatching(/Cannot read the spool file .* larger than/)]);
    expect(growth).toBeLessThan(200 * 1024 ** 2);
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/0000aaaa\.spool\.damaged$/)]);
  });

  it("is set aside where no line ends for longer than a line can be", async () => {
    const directory = makeFolder();
    const fd = openSync(join(directory, nameOf("0000bbbb")), "w");
    const part = Buffer.alloc(1024 ** 2, "x");
    for (let written = 0; written < 200; written += 1) writeSync(fd, part);
    closeSync(fd);
    let lines: string[] = [];
    const growth = await measureGrowth(async () => (lines = await adoptAll(directory)));
    expect(lines).toEqual([expect.stringMatching(/a line of over \d+ bytes/)]);
    expect(growth).toBeLessThan(150 * 1024 ** 2);
  });

  it("is set aside where it is nothing but line ends", async () => {
    const directory = makeFolder();
    writeFileSync(join(directory, nameOf("0000cccc")), Buffer.alloc(32 * 1024 ** 2, "\n"));
    expect(await adoptAll(directory)).toEqual([expect.stringMatching(/damaged lines/)]);
  });

  it("keeps every byte where it is a hard link to somebody's file", async () => {
    const directory = makeFolder();
    const elsewhere = join(makeFolder(), "thesis.txt");
    const text = "A line that is no span\nand one without an end";
    writeFileSync(elsewhere, text);
    linkSync(elsewhere, join(directory, nameOf("0000dddd")));
    expect(await adoptAll(directory)).toEqual([expect.stringMatching(/hard link/)]);
    expect(readFileSync(elsewhere, "utf8")).toBe(text);
  });
});

/** The lines of a spool file as if the machine had booted since. */
function ofAnotherBoot(lines: string): string {
  const [first, ...others] = lines.split("\n");
  const body = /\{.*\}/.exec(first!)![0];
  const other = Buffer.from(JSON.stringify({ ...JSON.parse(body), boot: "00000000" }));
  return [encodeLine("sent", "0", other).toString().trimEnd(), ...others].join("\n");
}

describe("a clock that somebody sets", () => {
  it.each([8 * DAY_MS, 4000 * DAY_MS, -8 * DAY_MS])(
    "by %d ms between two processes drops no span that is seconds old",
    async (jumpMs) => {
      const directory = makeFolder();
      const away = makeFakeSender(() => AWAY);
      const first = makeForwarder(directory, "http://fake", {}, away);
      for (const span of makeSpans(20, "before")) first.forward(span);
      await first.shutdown();
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + jumpMs });
      onTestFinished(() => void vi.useRealTimers());
      const sender = makeFakeSender();
      const second = makeForwarder(directory, "http://fake", {}, sender);
      for (const span of makeSpans(1, "after")) second.forward(span);
      await vi.waitFor(async () => {
        await second.flush();
        expect(second.counts()).toEqual({ sent: 21, waiting: 0, dropped: 0 });
      }, PATIENT);
      expect(second.lines).toEqual([]);
    },
  );

  it.each([8 * DAY_MS, -8 * DAY_MS])(
    "by %d ms drops no span that is seconds old",
    async (jumpMs) => {
      const sender = makeFakeSender(() => AWAY);
      const forwarder = makeForwarder(makeFolder(), "http://fake", { fileBytes: 2000 }, sender);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
      onTestFinished(() => void vi.useRealTimers());
      for (const span of makeSpans(20, "before")) forwarder.forward(span);
      vi.setSystemTime(Date.now() + jumpMs);
      for (const span of makeSpans(20, "after")) forwarder.forward(span);
      sender.judge = () => ACCEPTED;
      await vi.waitFor(async () => {
        await forwarder.flush();
        expect(forwarder.counts()).toEqual({ sent: 40, waiting: 0, dropped: 0 });
      }, PATIENT);
    },
  );

  it("does not keep a file for ever that is too old when it is found", async () => {
    const directory = makeFolder();
    const createdMs = Date.now() - SPOOL_LIMITS.maxAgeMs - DAY_MS;
    const left = makeForwarder(
      directory,
      "http://fake",
      {},
      makeFakeSender(() => AWAY),
    );
    for (const span of makeSpans(3, "old")) left.forward(span);
    await left.shutdown();
    const [name] = readdirSync(directory);
    const old = nameSpoolFile({ createdMs, lane: "0000eeee", owner: undefined });
    // Of another boot, so that its name alone tells how old it is.
    writeFileSync(
      join(directory, old),
      ofAnotherBoot(readFileSync(join(directory, name!), "utf8")),
    );
    const sender = makeFakeSender();
    const forwarder = makeForwarder(directory, "http://fake", {}, sender);
    for (const span of makeSpans(1, "newcomer")) forwarder.forward(span);
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(forwarder.counts()).toMatchObject({ waiting: 0, dropped: 3 });
    }, PATIENT);
    expect(sender.accepted.toSorted()).toEqual(["newcomer", "old", "old", "old"]);
  });
});

describe("the folder of a spool", () => {
  it("stays where somebody else made it, and goes where this process did", async () => {
    const theirs = makeFolder();
    const ours = join(makeFolder(), "spool");
    for (const directory of [theirs, ours]) {
      const forwarder = makeForwarder(directory, "http://fake", {}, makeFakeSender());
      for (const span of makeSpans(3)) forwarder.forward(span);
      await forwarder.shutdown();
      expect(forwarder.counts()).toEqual({ sent: 3, waiting: 0, dropped: 0 });
    }
    expect(readdirSync(theirs)).toEqual([]);
    expect(existsSync(ours)).toBe(false);
  });

  it("holds no words that were delivered once its process has ended with open spans", async () => {
    const directory = makeFolder();
    const sender = makeFakeSender();
    const forwarder = makeForwarder(directory, "http://fake", {}, sender);
    const tracer = new BasicTracerProvider().getTracer("test");
    forwarder.begin(tracer.startSpan("never ends") as unknown as ReadableSpan);
    await new Promise((resolve) => setImmediate(resolve));
    for (const span of makeSpans(3, "said and sent")) forwarder.forward(span);
    await forwarder.shutdown();
    expect(sender.accepted).toHaveLength(3);
    const [left, ...others] = readdirSync(directory);
    expect(others).toEqual([]);
    const text = readFileSync(join(directory, left!), "utf8");
    expect(text).toContain("never ends");
    expect(text).not.toContain("said and sent");
  });

  it("has files that forget which spans were delivered early, once all before them are done with", () => {
    const createdMs = Date.now();
    const name = { createdMs, lane: "0000ffff", owner: undefined };
    const file = new SpoolFile(join(makeFolder(), nameSpoolFile(name)), name);
    file.create();
    for (const end of [300, 500, 900]) file.sentAhead.add(end);
    file.markSent(500, 1);
    expect([...file.sentAhead]).toEqual([900]);
    file.remove();
  });
});
