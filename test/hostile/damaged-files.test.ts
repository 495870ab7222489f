import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDurableForwarder, createOtlpSender } from "../../otel/index.js";
import {
  listConversations,
  openStore,
  readConversation,
  recoverConversations,
} from "../../src/store/index.js";
import { makeSpans } from "../otel/support/make-spans.js";
import { copyAsLeft } from "../otel/support/spool-folder.js";
import { agentSays, at, sessionStart, userSays } from "../store/support/conversation.js";
import { leaveJournal } from "../store/support/left-journal.js";
import { NAME } from "../store/support/make-store.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";
import { type Damage, damages, writeDamaged } from "./support/damage.js";
import { COUNT, SEED, beginCase, endCase, followProgress } from "./support/settings.js";
import { heapBytes, watchLoop } from "./support/watch-loop.js";

/** Less than people hear. */
const STALL_MS = 50;
/** A stall counts when each of so many runs has it. */
const RUNS = 3;
/** What a damaged file may take of memory, whatever its size. */
const PEAK_BYTES = 200_000_000;
const HEAP_BYTES_A_CASE = 100_000;

/** Files of others that have nothing to do with conversations. */
const BYSTANDERS = {
  "notes.txt": "buy milk",
  "hledger.journal": "2025-01-01 opening balances\n  assets  1 EUR\n  equity\n",
  "package.json": '{ "name": "not-ours" }',
};

let root: string;
let receiver: OtlpReceiver;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "talktrace-damaged-"));
  receiver = await startOtlpReceiver();
});
afterAll(async () => {
  await receiver.stop();
  rmSync(root, { recursive: true, force: true });
});

/** A folder with a damaged file among files of others. */
function makeDamagedFolder(name: string, original: Buffer, list: readonly Damage[]): string {
  const folder = mkdtempSync(join(root, "case-"));
  for (const [file, text] of Object.entries(BYSTANDERS)) writeFileSync(join(folder, file), text);
  writeDamaged(join(folder, name), original, list);
  return folder;
}

function expectBystanders(folder: string): void {
  const found = Object.keys(BYSTANDERS).map((file) => [file, readIfThere(join(folder, file))]);
  expect(found, "files of others").toEqual(Object.entries(BYSTANDERS));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "not there";
  }
}

/** What each reader of a folder does, and what a new agent does in it. */
async function readEverything(folder: string): Promise<string[]> {
  const contents: string[] = [];
  const read = async (): Promise<void> => {
    for (const { path } of await listConversations(folder).catch(() => [])) {
      const found = await readConversation(path).catch(() => undefined);
      for (const message of found?.conversation.conversation ?? []) contents.push(message.content);
    }
  };
  await read();
  // Twice: what cannot be read is set aside once, and is not there for the next agent.
  for (let agent = 0; agent < 2; agent += 1) {
    await recoverConversations(folder, { onProblem: () => undefined, foreignQuietMs: 0 });
  }
  await read();
  return contents;
}

/** Sends what waits in a spool folder, as the next process does. */
async function forwardEverything(folder: string): Promise<string[]> {
  const url = `${receiver.url}/v1/traces`;
  const forwarder = createDurableForwarder({
    directory: folder,
    sender: createOtlpSender(url, 500),
    url,
    report: () => undefined,
  });
  await forwarder.flush();
  await forwarder.shutdown();
  return receiver.spans.splice(0).map(({ name }) => name);
}

interface Kind {
  name: string;
  original: Buffer;
  use: (folder: string) => Promise<string[]>;
  /** What may come of it; anything else was never said. */
  known: ReadonlySet<string>;
}

/** Damages a file `COUNT` times, and lets everybody read it who does. Gives how often it did. */
async function damageOften({ name, original, use, known }: Kind): Promise<number> {
  let cases = 0;
  const onCase = followProgress(`cases of ${name}`);
  const property = fc.asyncProperty(damages, async (list) => {
    beginCase(`${name}: ${JSON.stringify(list)}`);
    let stallMs = Infinity;
    let peakBytes = Infinity;
    for (let run = 0; run < RUNS && (stallMs > STALL_MS || peakBytes > PEAK_BYTES); run += 1) {
      const folder = makeDamagedFolder(name, original, list);
      const before = process.memoryUsage().rss;
      const watch = watchLoop();
      const contents = await use(folder);
      stallMs = Math.min(stallMs, watch.end());
      peakBytes = Math.min(peakBytes, watch.peakRssBytes() - before);
      expectBystanders(folder);
      // What is foreign may say anything in a form that is ours.
      const isForeign = list.some(({ kind }) => kind === "foreign");
      const strange = isForeign ? [] : contents.filter((each) => !known.has(each));
      expect(strange, "what nobody said").toEqual([]);
      rmSync(folder, { recursive: true });
    }
    expect(peakBytes, "bytes that the process grew by").toBeLessThan(PEAK_BYTES);
    expect(stallMs, "ms that the loop stood still").toBeLessThan(STALL_MS);
    cases += 1;
    endCase();
    onCase();
  });
  const before = heapBytes();
  await fc.assert(property, { seed: SEED, numRuns: COUNT, endOnFailure: true });
  expect(heapBytes() - before, "heap bytes that stayed").toBeLessThan(
    8_000_000 + COUNT * HEAP_BYTES_A_CASE,
  );
  return cases;
}

it(`${COUNT} damaged journals end nothing, hold no loop, take little memory and yield no words that nobody said`, async () => {
  const folder = mkdtempSync(join(root, "journal-"));
  const original = readFileSync(leaveJournal(folder));
  const cases = await damageOften({
    name: `${NAME}.journal`,
    original,
    use: readEverything,
    known: new Set(["hello", "good morning"]),
  });
  expect(cases).toBe(COUNT);
});

it(`${COUNT} damaged documents end nothing, hold no loop and take little memory`, async () => {
  const folder = mkdtempSync(join(root, "document-"));
  const store = openStore({ directory: folder });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", agentSays(2, "good morning", { delivery: "full" }));
  store.close("s1", { ended_at: at(3) });
  await store.shutdown();
  const [name = ""] = readdirSync(folder);
  // A document has no checksum: whoever edits it says what it says.
  const known = { has: () => true } as unknown as ReadonlySet<string>;
  const original = readFileSync(join(folder, name));
  const cases = await damageOften({ name, original, use: readEverything, known });
  expect(cases).toBe(COUNT);
});

it(`${COUNT} damaged spool files end nothing, hold no loop, take little memory and send no span that nobody made`, async () => {
  const folder = mkdtempSync(join(root, "spool-"));
  const url = "http://127.0.0.1:9/v1/traces";
  const sender = createOtlpSender(url, 500);
  const report = (): void => undefined;
  const forwarder = createDurableForwarder({ directory: folder, sender, url, report });
  for (const span of makeSpans(20)) forwarder.forward(span);
  await forwarder.flush();
  const left = copyAsLeft(folder);
  await forwarder.shutdown();
  const [name = ""] = readdirSync(left);
  const original = readFileSync(join(left, name));
  const cases = await damageOften({
    name,
    original,
    use: forwardEverything,
    known: new Set(["span"]),
  });
  expect(cases).toBe(COUNT);
});
