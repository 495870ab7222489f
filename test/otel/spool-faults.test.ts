import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it, vi } from "vitest";
import type { SpoolLimits, Verdict } from "../../otel/index.js";
import { nameSpoolFile, parseSpoolName } from "../../otel/spool/spool-name.js";
import { withoutContent } from "../../otel/forward/without-content.js";
import { makeFolder } from "../store/support/folder.js";
import { ACCEPTED, AWAY, type FakeSender, REFUSED, makeFakeSender } from "./support/fake-sender.js";
import { failOpens } from "./support/faulty-opens.js";
import { makeForwarder } from "./support/make-forwarder.js";
import { makeSpans } from "./support/make-spans.js";
import { copyAsLeft, readSpool } from "./support/spool-folder.js";

const URL_OF_FAKE = "http://fake";
const SMALL_FILES = { fileBytes: 10_000 };
const PATIENT = 20_000;

function makeFaked(
  directory: string,
  sender: FakeSender = makeFakeSender(),
  limits: Partial<SpoolLimits> = {},
) {
  return { sender, ...makeForwarder(directory, URL_OF_FAKE, limits, sender) };
}

type Faked = ReturnType<typeof makeFaked>;

function forward(forwarder: Faked, count: number, name = "span"): void {
  for (const span of makeSpans(count, name)) forwarder.forward(span);
}

/** Flushes until nothing waits. */
async function deliver(forwarder: Faked): Promise<void> {
  await vi.waitFor(async () => {
    await forwarder.flush();
    expect(forwarder.counts().waiting).toBe(0);
  }, PATIENT);
}

/** Delivers what a process left, by the help of one span more; gives the names of what was sent. */
async function deliverRest(directory: string): Promise<string[]> {
  const next = makeFaked(directory);
  forward(next, 1, "newcomer");
  await deliver(next);
  return next.sender.accepted.filter((name) => name !== "newcomer");
}

function damagedIn(directory: string): string[] {
  return readdirSync(directory).filter((fileName) => fileName.endsWith(".damaged"));
}

function startSpan(name: string, options: { startTime?: number; attributes?: object } = {}) {
  const tracer = new BasicTracerProvider().getTracer("test");
  const span = tracer.startSpan(name, options as object);
  return { span: span as unknown as ReadableSpan, end: () => span.end(), set: span };
}

/** The tick is over in which spans have begun, and they are written down. */
function nextTick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("a disk that fails for a while", () => {
  it.each(["EMFILE", "EIO", "ENOMEM", "EACCES"])(
    "costs no span that waits, when reading says %s",
    async (code) => {
      const directory = makeFolder();
      const forwarder = makeFaked(
        directory,
        makeFakeSender(() => AWAY),
        SMALL_FILES,
      );
      forward(forwarder, 100);
      await forwarder.flush();
      const faults = [code, code];
      failOpens((path) => (path.endsWith(".spool") ? faults.pop() : undefined));
      forwarder.sender.judge = () => ACCEPTED;
      await deliver(forwarder);
      expect(faults).toEqual([]);
      expect(forwarder.counts()).toEqual({ sent: 100, waiting: 0, dropped: 0 });
      expect(damagedIn(directory)).toEqual([]);
      expect(forwarder.lines).toContainEqual(
        `Cannot read what waits in "${directory}": ${code}; it is tried again`,
      );
    },
  );

  it("does not hold up what stands elsewhere", async () => {
    const directory = makeFolder();
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      SMALL_FILES,
    );
    forward(forwarder, 100);
    await forwarder.flush();
    const [oldest = ""] = readdirSync(directory).toSorted();
    // It is open as it was asked for; another process has to open it.
    await forwarder.shutdown();
    const released = readdirSync(directory).toSorted()[0] ?? "";
    const next = makeFaked(directory, makeFakeSender(), { heartbeatMs: 20 });
    const { lane = "" } = parseSpoolName(oldest) ?? {};
    failOpens((path) =>
      basename(path).startsWith(`${parseSpoolName(released)?.createdMs}-${lane}`)
        ? "EIO"
        : undefined,
    );
    forward(next, 1);
    await vi.waitFor(async () => {
      await next.flush();
      expect(next.counts().waiting).toBe(0);
    }, PATIENT);
    expect(next.counts().sent).toBeGreaterThan(50);
    expect(readdirSync(directory)).toContainEqual(released);
    expect(next.lines).toEqual([
      `Cannot take over what waits in "${directory}": EIO; it is tried again`,
    ]);
  });

  it("costs nothing of a dead process, when files cannot be taken over at first", async () => {
    const directory = makeFolder();
    const first = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      SMALL_FILES,
    );
    forward(first, 100);
    await first.shutdown();
    let faults = readdirSync(directory).length;
    expect(faults).toBeGreaterThan(2);
    failOpens((path) => {
      const name = parseSpoolName(basename(path));
      if (name === undefined || !existsSync(path) || faults === 0) return undefined;
      faults -= 1;
      return "EMFILE";
    });
    const next = makeFaked(directory, makeFakeSender(), { heartbeatMs: 20 });
    forward(next, 1);
    await vi.waitFor(async () => {
      await next.flush();
      expect(next.counts()).toEqual({ sent: 101, waiting: 0, dropped: 0 });
    }, PATIENT);
    expect(damagedIn(directory)).toEqual([]);
    expect(next.lines).toEqual([
      `Cannot take over what waits in "${directory}": EMFILE; it is tried again`,
    ]);
  });
});

describe("a span that cannot be encoded", () => {
  it("takes durability from no other, and is counted when it ends", async () => {
    const directory = makeFolder();
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
    );
    const bad = startSpan("bad", { startTime: Number.NaN });
    const good = startSpan("open");
    forwarder.begin(bad.span);
    forwarder.begin(good.span);
    await nextTick();
    forward(forwarder, 50);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 50, dropped: 0 });
    expect(forwarder.lines).toEqual([
      expect.stringMatching(/^A crash would lose the open span "bad", which cannot be encoded: /),
    ]);
    bad.end();
    forwarder.forward(bad.span);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 50, dropped: 1 });
    const left = await deliverRest(copyAsLeft(directory));
    expect(left.filter((name) => name === "span")).toHaveLength(50);
    expect(left.filter((name) => name !== "span")).toEqual(["open"]);
  });
});

describe("a spool file that somebody took away", () => {
  it("is written anew at the next heartbeat, with all that waits", async () => {
    const directory = join(makeFolder(), "spool");
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      { heartbeatMs: 20 },
    );
    forward(forwarder, 20, "before");
    rmSync(directory, { recursive: true });
    forward(forwarder, 20, "after");
    await vi.waitFor(() => expect(existsSync(directory)).toBe(true), PATIENT);
    forward(forwarder, 20, "later");
    expect(forwarder.lines).toContainEqual(
      expect.stringMatching(/^The spool file ".*" was gone; it is there again, and whole$/),
    );
    const names = await deliverRest(copyAsLeft(directory));
    expect(names).toEqual(
      ["before", "after", "later"].flatMap((name) => Array<string>(20).fill(name)),
    );
    forwarder.sender.judge = () => ACCEPTED;
    await deliver(forwarder);
    expect(forwarder.sender.accepted).toEqual(names);
  });

  it("is written anew by a shutdown", async () => {
    const directory = join(makeFolder(), "spool");
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
    );
    forward(forwarder, 20);
    rmSync(directory, { recursive: true });
    await forwarder.shutdown();
    expect(await deliverRest(directory)).toHaveLength(20);
  });

  it("is counted where nothing is open of it any more", async () => {
    const directory = makeFolder();
    const limits = { ...SMALL_FILES, heartbeatMs: 20 };
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      limits,
    );
    forward(forwarder, 100);
    const [, second = ""] = readdirSync(directory).toSorted();
    rmSync(join(directory, second));
    await vi.waitFor(() => expect(forwarder.counts().dropped).toBeGreaterThan(0), PATIENT);
    expect(forwarder.lines.at(-1)).toContain(`their file "${join(directory, second)}" was deleted`);
    forwarder.sender.judge = () => ACCEPTED;
    await deliver(forwarder);
    const { sent, dropped } = forwarder.counts();
    expect(sent + dropped).toBe(100);
    expect(forwarder.sender.accepted).toHaveLength(sent);
  });

  it("keeps what was put in its place", async () => {
    const directory = makeFolder();
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      { heartbeatMs: 20 },
    );
    forward(forwarder, 20);
    const [fileName = ""] = readdirSync(directory);
    rmSync(join(directory, fileName));
    writeFileSync(join(directory, fileName), "something else");
    await vi.waitFor(() => expect(damagedIn(directory)).toHaveLength(1), PATIENT);
    await vi.waitFor(() => expect(readdirSync(directory)).toContain(fileName), PATIENT);
    expect(await deliverRest(copyAsLeft(directory))).toHaveLength(20);
  });

  it("is left to the process that took it over, but for what that one cannot know", async () => {
    const directory = makeFolder();
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      { heartbeatMs: 20 },
    );
    forward(forwarder, 5, "before");
    const [fileName = ""] = readdirSync(directory);
    const path = join(directory, fileName);
    // Until heartbeats have shown what is there.
    for (const _ of [1, 2]) {
      const { mtimeMs } = statSync(path);
      await vi.waitFor(() => expect(statSync(path).mtimeMs).toBeGreaterThan(mtimeMs), PATIENT);
    }
    const owner = { pid: 1, startTicks: 1, place: "00000000" };
    const claimed = nameSpoolFile({ ...parseSpoolName(fileName)!, owner });
    renameSync(path, join(directory, claimed));
    forward(forwarder, 3, "after");
    await vi.waitFor(
      () => expect(forwarder.lines.at(-1)).toMatch(/^Another process took over the spool file /),
      PATIENT,
    );
    expect(forwarder.counts()).toMatchObject({ waiting: 3, dropped: 0 });
    forwarder.sender.judge = () => ACCEPTED;
    await deliver(forwarder);
    expect(forwarder.sender.accepted).toEqual(["after", "after", "after"]);
    expect(readdirSync(directory)).toContain(claimed);
  });
});

describe("spans that the disk does not take", () => {
  it("wait in memory within bounds, and are counted beyond them and at the end", async () => {
    const path = join(makeFolder(), "taken");
    writeFileSync(path, "a file where the folder should be");
    const forwarder = makeFaked(
      path,
      makeFakeSender(() => AWAY),
      { maxHeldBytes: 20_000 },
    );
    forward(forwarder, 200);
    await forwarder.flush();
    const { waiting, dropped } = forwarder.counts();
    expect(waiting).toBeGreaterThan(10);
    expect(waiting + dropped).toBe(200);
    await forwarder.shutdown();
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 0, dropped: 200 });
    expect(forwarder.lines).toContainEqual(
      `Drops spans for ${URL_OF_FAKE}: neither disk nor memory takes more`,
    );
    expect(forwarder.lines).toContainEqual(
      `Dropped ${waiting} of the spans for ${URL_OF_FAKE}: only memory had them`,
    );
  });

  it("are written down, in order, when it takes them again", async () => {
    const path = join(makeFolder(), "taken");
    writeFileSync(path, "a file where the folder should be");
    const forwarder = makeFaked(
      path,
      makeFakeSender(() => AWAY),
    );
    forward(forwarder, 20, "held");
    rmSync(path);
    mkdirSync(path);
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(readdirSync(path)).toHaveLength(1);
    }, PATIENT);
    forward(forwarder, 2, "later");
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 22, dropped: 0 });
    const names = await deliverRest(copyAsLeft(path));
    expect(names).toEqual([...Array<string>(20).fill("held"), "later", "later"]);
    expect(forwarder.lines).toContainEqual(`Spans are written to "${path}" again`);
  });

  it("are sent from memory, and past one that is refused", async () => {
    const path = join(makeFolder(), "taken");
    writeFileSync(path, "a file where the folder should be");
    const sender = makeFakeSender((names) => (names.includes("bad") ? REFUSED : ACCEPTED));
    const forwarder = makeFaked(path, sender);
    forward(forwarder, 1, "bad");
    forward(forwarder, 100);
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(forwarder.counts()).toEqual({ sent: 100, waiting: 0, dropped: 1 });
    }, PATIENT);
    expect(sender.accepted).toHaveLength(100);
  });
});

describe("the bounds of a folder", () => {
  it("are no concern of files that are not the spool's", async () => {
    const directory = makeFolder();
    const words = join(directory, "conversation_20250101_000000.journal.damaged");
    writeFileSync(words, "the only copy of what was said");
    writeFileSync(join(directory, "conversation_20250101_000001.json"), Buffer.alloc(300_000));
    const damaged = join(directory, "1700000000000-00000001.spool.damaged");
    writeFileSync(damaged, Buffer.alloc(190_000));
    const limits = { ...SMALL_FILES, maxBytes: 200_000 };
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      limits,
    );
    forward(forwarder, 100);
    await vi.waitFor(() => expect(existsSync(damaged)).toBe(false), PATIENT);
    await forwarder.flush();
    expect(existsSync(words)).toBe(true);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 100, dropped: 0 });
  });

  it("cost damaged files of the spool first, and that is told", async () => {
    const directory = makeFolder();
    const damaged = join(directory, "1700000000000-00000001.spool.damaged");
    writeFileSync(damaged, Buffer.alloc(150_000));
    const limits = { ...SMALL_FILES, maxBytes: 150_000 };
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      limits,
    );
    forward(forwarder, 100);
    await vi.waitFor(() => expect(existsSync(damaged)).toBe(false), PATIENT);
    await vi.waitFor(() => expect(forwarder.lines).not.toEqual([]), PATIENT);
    expect(forwarder.lines).toContain(`Deleted the damaged spool file "${damaged}": no room`);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 100, dropped: 0 });
  });

  it("do not have spans counted as dropped that arrive just then", async () => {
    let answer: (verdict: Verdict) => void = () => undefined;
    const underWay = new Promise<Verdict>((resolve) => (answer = resolve));
    const sender = makeFakeSender();
    const { send } = sender;
    sender.send = async (body) => {
      await send(body);
      return underWay;
    };
    const directory = makeFolder();
    // Its end shows that the bounds were looked at.
    const damaged = join(directory, "1700000000000-00000001.spool.damaged");
    const limits = { ...SMALL_FILES, maxBytes: 60_000 };
    const forwarder = makeFaked(directory, sender, limits);
    forward(forwarder, 64);
    await vi.waitFor(() => expect(sender.requests).toHaveLength(1), PATIENT);
    writeFileSync(damaged, "some bytes");
    forward(forwarder, 200, "later");
    await vi.waitFor(() => expect(existsSync(damaged)).toBe(false), PATIENT);
    answer(ACCEPTED);
    await deliver(forwarder);
    const { sent, dropped } = forwarder.counts();
    expect(dropped).toBeGreaterThan(0);
    expect(sent + dropped).toBe(264);
    expect(sender.accepted).toHaveLength(sent);
  });
});

describe("a span that is refused", () => {
  it("is not given up on one comparison, however often it is refused after that", async () => {
    const sender = makeFakeSender((names) => {
      if (names.includes("one") || sender.accepted.length > 0) return REFUSED;
      return ACCEPTED;
    });
    const forwarder = makeFaked(makeFolder(), sender);
    forward(forwarder, 1, "one");
    forward(forwarder, 1, "two");
    for (let attempt = 0; attempt < 10; attempt += 1) await forwarder.flush();
    expect(sender.accepted).toEqual(["two"]);
    expect(forwarder.counts()).toMatchObject({ sent: 1, dropped: 0 });
    sender.judge = () => ACCEPTED;
    await deliver(forwarder);
    expect(forwarder.counts()).toEqual({ sent: 2, waiting: 0, dropped: 0 });
  });

  it("has the endpoint left alone for as long as that asks, by the answer to another", async () => {
    const wait = { outcome: "unavailable", why: "status 429", retryAfterMs: 60_000 } as const;
    const sender = makeFakeSender((names) => (names[0] === "two" ? wait : REFUSED));
    const forwarder = makeFaked(makeFolder(), sender);
    forward(forwarder, 1, "one");
    forward(forwarder, 1, "two");
    for (let attempt = 0; attempt < 5; attempt += 1) await forwarder.flush();
    expect(sender.requests).toEqual([["one", "two"], ["one"], ["two"]]);
  });

  it("is found out though its neighbour is as bad", async () => {
    const sender = makeFakeSender((names) => (names.includes("bad") ? REFUSED : ACCEPTED));
    const forwarder = makeFaked(makeFolder(), sender);
    forward(forwarder, 2, "bad");
    forward(forwarder, 30);
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(forwarder.counts()).toEqual({ sent: 30, waiting: 0, dropped: 2 });
    }, PATIENT);
    expect(sender.accepted).toHaveLength(30);
  });
});

describe("what a process leaves when it is killed", () => {
  it("has no span as open that was too large, and told as dropped", async () => {
    const directory = makeFolder();
    const limits = { maxSpanBytes: 3000 };
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      limits,
    );
    const big = startSpan("big");
    forwarder.begin(big.span);
    await nextTick();
    big.set.setAttribute("content", "x".repeat(4000));
    big.end();
    forwarder.forward(big.span);
    forward(forwarder, 1);
    expect(forwarder.counts()).toEqual({ sent: 0, waiting: 1, dropped: 1 });
    expect(await deliverRest(copyAsLeft(directory))).toEqual(["span"]);
  });

  it("is sent though it is younger than what the one that finds it writes", async () => {
    const directory = makeFolder();
    const forwarder = makeFaked(directory, makeFakeSender(), { heartbeatMs: 20 });
    forward(forwarder, 1, "own");
    await deliver(forwarder);
    const other = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
    );
    forward(other, 1, "other");
    await other.shutdown();
    await vi.waitFor(async () => {
      await forwarder.flush();
      expect(forwarder.sender.accepted).toEqual(["own", "other"]);
    }, PATIENT);
  });

  it("has in a new file no content that is withheld by then", async () => {
    const directory = makeFolder();
    const forwarder = makeFaked(
      directory,
      makeFakeSender(() => AWAY),
      SMALL_FILES,
    );
    const discreet = withoutContent(forwarder);
    const { span } = startSpan("open", { attributes: { "lk.pii.words": "my card is 4111" } });
    discreet.begin(span);
    await nextTick();
    discreet.withholdContent();
    forward(forwarder, 30);
    const [first, second] = readSpool(directory);
    expect(first).toContain("4111");
    expect(second).toContain('"name":"open"');
    expect(second).not.toContain("4111");
  });
});
