import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { ATTR } from "../../otel/index.js";
import { makeFolder } from "../store/support/folder.js";
import { type RunningProgram, startProgram } from "../store/support/program.js";
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from "../support/otlp-receiver.js";
import { makeForwarder } from "./support/make-forwarder.js";
import { makeSpans } from "./support/make-spans.js";

const NOBODY = "http://127.0.0.1:9";

function startForwarding(directory: string, url: string, ...args: string[]): RunningProgram {
  return startProgram("../../otel/support/forward.mjs", directory, url, ...args);
}

/** Forwards spans to nobody until some have ended, and kills the process in the middle of it. */
async function leaveSpool(directory: string, first: number, url = NOBODY): Promise<string[]> {
  const program = startForwarding(directory, url, "endless", String(first));
  while (program.lines.length < 300) await program.nextLine();
  program.child.kill("SIGKILL");
  await program.ended;
  return program.lines;
}

async function makeReceiver(): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  return receiver;
}

/** Delivers what waits in a folder, by the help of one span more. */
async function deliver(directory: string, receiver: OtlpReceiver) {
  const forwarder = makeForwarder(directory, receiver.url);
  forwarder.forward(makeSpans(1, "newcomer")[0]!);
  await vi.waitFor(async () => {
    await forwarder.flush();
    expect(forwarder.counts().waiting).toBe(0);
  }, 20_000);
  await forwarder.shutdown();
  return forwarder;
}

function wordsIn({ spans }: OtlpReceiver): string[] {
  return spans
    .filter(({ name }) => name === "word")
    .map(({ attributes }) => String(attributes["index"]));
}

function expectWhole(spans: ReceivedSpan[]): void {
  const ids = spans.map(({ spanId }) => spanId);
  expect(new Set(ids).size).toBe(ids.length);
  const orphans = spans.filter(
    ({ parentSpanId }) => parentSpanId !== undefined && !ids.includes(parentSpanId),
  );
  expect(orphans).toEqual([]);
}

/** Files that wait in the folder of a process; the folder itself stays where a killed process made it. */
function spoolFilesIn(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => readdirSync(join(directory, name)));
}

describe("a spool that several processes use", () => {
  it("keeps every span that ended before a kill, and ends those that were open", async () => {
    const directory = makeFolder();
    const receiver = await makeReceiver();
    const printed = await leaveSpool(directory, 0);
    const killedMs = Date.now();
    const { lines } = await deliver(join(directory, ".spool"), receiver);
    expect(receiver.refusals).toEqual([]);
    expectWhole(receiver.spans);
    const words = wordsIn(receiver);
    expect(words.slice(0, printed.length)).toEqual(printed);
    // One may have ended whose line was not printed.
    expect(words.length - printed.length).toBeLessThanOrEqual(1);
    const recovered = receiver.spans.filter(
      ({ attributes }) => attributes[ATTR.recovered] === true,
    );
    expect(recovered.map(({ name }) => name)).toContain("session");
    for (const { startMs, endMs } of recovered) {
      expect(endMs).toBeGreaterThanOrEqual(startMs);
      expect(endMs).toBeLessThanOrEqual(killedMs);
    }
    // The kill may come between two syntheses: then only the session's span is open.
    const open =
      recovered.length === 1
        ? "1 span had not ended when its process did; it is sent as recovered"
        : `${recovered.length} spans had not ended when their process did; they are sent as recovered`;
    expect(lines).toEqual([open]);
    expect(spoolFilesIn(directory)).toEqual([]);
  });

  it("sends the same to an endpoint that took a part before the kill", async () => {
    const directory = makeFolder();
    const receiver = await makeReceiver();
    const printed = await leaveSpool(directory, 0, receiver.url);
    await deliver(join(directory, ".spool"), receiver);
    const words = wordsIn(receiver);
    expect([...new Set(words)].slice(0, printed.length)).toEqual(printed);
    // What was under way when the kill came is sent once more: a batch at most.
    expect(words.length - new Set(words).size).toBeLessThanOrEqual(64);
    const ids = new Set(receiver.spans.map(({ spanId }) => spanId));
    const orphans = receiver.spans.filter(
      ({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId),
    );
    expect(orphans).toEqual([]);
  });

  it("is shared without sending anything twice or losing any", async () => {
    const directory = makeFolder();
    const receiver = await makeReceiver();
    const left = (
      await Promise.all([leaveSpool(directory, 0), leaveSpool(directory, 1_000_000)])
    ).flat();
    const programs = [2, 3, 4].map((n) =>
      startForwarding(directory, receiver.url, "all", String(n * 1_000_000), "200"),
    );
    await Promise.all(programs.map(({ ended }) => ended));
    await deliver(join(directory, ".spool"), receiver);
    expectWhole(receiver.spans);
    const words = wordsIn(receiver);
    const printed = [...left, ...programs.flatMap(({ lines }) => lines)];
    expect(words).toEqual(expect.arrayContaining(printed));
    expect(words.length - printed.length).toBeLessThanOrEqual(2);
    expect(spoolFilesIn(directory)).toEqual([]);
  });

  it("leaves alone what belongs to a process that lives", async () => {
    const directory = makeFolder();
    const receiver = await makeReceiver();
    const program = startForwarding(directory, NOBODY, "endless", "0");
    while (program.lines.length < 50) await program.nextLine();
    const { lines } = await deliver(join(directory, ".spool"), receiver);
    expect(receiver.spans.map(({ name }) => name)).toEqual(["newcomer"]);
    expect(lines).toEqual([]);
  });
});

describe("a spool file that is damaged", () => {
  const whole = mkdtempSync(join(tmpdir(), "talktrace-left-spool-"));
  afterAll(() => rmSync(whole, { recursive: true }));
  let leaving: Promise<string[]> | undefined;

  /** A copy of what one process left for all of these tests: the folder, its file, what was printed. */
  async function copySpool() {
    leaving ??= leaveSpool(whole, 0);
    const printed = await leaving;
    const spool = join(makeFolder(), ".spool");
    cpSync(join(whole, ".spool"), spool, { recursive: true });
    const [fileName = ""] = readdirSync(spool);
    return { spool, file: join(spool, fileName), printed };
  }

  it.each([0, 0.3, 0.6, 0.999])(
    "costs the line at %d of it, is kept, and is told of",
    async (share) => {
      const { spool, file, printed } = await copySpool();
      const receiver = await makeReceiver();
      const bytes = readFileSync(file);
      const position = Math.floor(bytes.length * share);
      bytes[position] = bytes[position]! ^ 0x01;
      writeFileSync(file, bytes);
      const forwarder = await deliver(spool, receiver);
      expect(receiver.refusals).toEqual([]);
      const words = new Set(wordsIn(receiver));
      expect(printed.filter((index) => !words.has(index)).length).toBeLessThanOrEqual(2);
      expect(forwarder.counts().dropped).toBeGreaterThanOrEqual(1);
      expect(forwarder.lines).toContainEqual(
        expect.stringMatching(/^Cannot read the spool file .*it is kept as/),
      );
      expect(readdirSync(spool)).toEqual([expect.stringMatching(/\.spool\.damaged$/)]);
    },
  );

  it.each([
    ["another byte", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from("X")])],
    ["missing", (bytes: Buffer) => bytes.subarray(0, -1)],
  ])("costs nothing when its last line feed is %s", async (_what, damage) => {
    const { spool, file, printed } = await copySpool();
    const receiver = await makeReceiver();
    const lines = readFileSync(file, "latin1").split("\n");
    const last = lines.findLastIndex((line) => /^[0-9a-f]{8} ended /.test(line));
    const bytes = Buffer.from(`${lines.slice(0, last + 1).join("\n")}\n`, "latin1");
    writeFileSync(file, damage(bytes));
    const forwarder = await deliver(spool, receiver);
    expect(receiver.refusals).toEqual([]);
    expect(wordsIn(receiver).slice(0, printed.length)).toEqual(printed);
    expect(forwarder.counts().dropped).toBe(0);
  });

  it("is not needed for others to be sent, whatever stands there instead of it", async () => {
    const directory = makeFolder();
    const receiver = await makeReceiver();
    const lane = (n: number): string => `1700000000000-0000000${n}.spool`;
    mkdirSync(join(directory, lane(1)));
    symlinkSync("/etc/passwd", join(directory, lane(2)));
    writeFileSync(join(directory, lane(3)), "");
    writeFileSync(join(directory, lane(4)), "no line feed");
    writeFileSync(join(directory, lane(5)), Buffer.alloc(700_000, 0x58));
    const forwarder = await deliver(directory, receiver);
    expect(receiver.spans.map(({ name }) => name)).toEqual(["newcomer"]);
    expect(forwarder.lines.length).toBeGreaterThanOrEqual(2);
    const second = await deliver(directory, receiver);
    expect(second.lines).toEqual([]);
  });
});
