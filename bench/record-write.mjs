// Measures what one message costs the event loop: the store's journal line, and beside it the
// reading, parsing and rewriting of the whole file. Run it after a build:
//
//     node bench/record-write.mjs [CHECKOUT]
//
// With another checkout of this repository, built as well, both stores are measured in turn on the
// same machine. The ratio is what counts.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

import { openStore } from "../dist/src/store/index.js";

const [, , otherCheckout] = process.argv;

const STARTED_AT = "2025-08-18T14:30:22.123456+05:30";
const SIZES = [100, 1000, 10_000];
const SAMPLES = 300;
const ROUNDS_BESIDE = 7;

const folder = mkdtempSync(join(tmpdir(), "talktrace-bench-"));
try {
  if (otherCheckout === undefined) await measureAll();
  else await measureBeside(resolve(otherCheckout, "dist/src/store/index.js"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measureAll() {
  warmUp();
  const rawUs = median(Array.from({ length: 2000 }, (_, n) => timeUs(() => appendRaw(n))));
  process.stdout.write(`one appended line of the same size, by itself: ${rawUs.toFixed(1)} us\n\n`);
  process.stdout.write(
    "messages   add() us   p99 us   rewrite us   ratio   publish ms   loop blocked ms (max)\n",
  );
  for (const size of SIZES) {
    const { medianUs, p99Us, publishMs, blockedMs } = await measureStore(size);
    const rewriteUs = measureRewrite(size);
    const row = [
      String(size).padStart(8),
      medianUs.toFixed(1).padStart(10),
      p99Us.toFixed(1).padStart(8),
      rewriteUs.toFixed(0).padStart(12),
      `${Math.round(rewriteUs / medianUs)}x`.padStart(7),
      publishMs.toFixed(1).padStart(12),
      blockedMs.toFixed(1).padStart(13),
    ];
    process.stdout.write(`${row.join(" ")}\n`);
  }
}

/** Medians of medians, round by round in turn. */
async function measureBeside(otherStore) {
  const other = await import(otherStore);
  const opens = [openStore, other.openStore];
  warmUp();
  process.stdout.write(
    "messages   words   add() us   the other's   ratio   publish ms   the other's   ratio\n",
  );
  for (const size of SIZES) {
    for (const wordCount of [0, 12]) {
      const addUs = opens.map(() => []);
      const publishMs = opens.map(() => []);
      for (let round = 0; round < ROUNDS_BESIDE; round += 1) {
        for (const [at, open] of opens.entries()) {
          const mark = `${wordCount}-${at}-${round}`;
          const found = await measureStore(size, { open, mark, wordCount });
          addUs[at].push(found.medianUs);
          publishMs[at].push(found.publishMs);
        }
      }
      const row = [
        String(size).padStart(8),
        String(wordCount).padStart(7),
        ...compare(addUs.map(median), 1),
        ...compare(publishMs.map(median), 2),
      ];
      process.stdout.write(`${row.join(" ")}\n`);
    }
  }
}

function compare([ours, others], digits) {
  return [
    ours.toFixed(digits).padStart(10),
    others.toFixed(digits).padStart(13),
    (ours / others).toFixed(2).padStart(7),
  ];
}

/** Adds up to `size` messages, then measures single messages, each with a publish behind it. */
async function measureStore(size, { open = openStore, mark = "", wordCount = 0 } = {}) {
  const store = open({ directory: join(folder, `store-${size}${mark}`) });
  store.open({ id: "s", started_at: STARTED_AT, software: {} });
  for (let n = 1; n <= size; n += 1) store.add("s", message(n, wordCount));
  await store.flush();
  const addUs = [];
  const publishMs = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (let n = 1; n <= SAMPLES; n += 1) {
    addUs.push(timeUs(() => store.add("s", message(size + n, wordCount))));
    const start = performance.now();
    await store.flush();
    publishMs.push(performance.now() - start);
  }
  delay.disable();
  await store.shutdown();
  return {
    medianUs: median(addUs),
    p99Us: addUs.toSorted((a, b) => a - b)[Math.floor(SAMPLES * 0.99)],
    publishMs: median(publishMs),
    blockedMs: delay.max / 1e6,
  };
}

function measureRewrite(size) {
  const path = join(folder, `rewrite-${size}.json`);
  const messages = Array.from({ length: size }, (_, n) => message(n + 1));
  writeFileSync(path, JSON.stringify({ conversation: messages }, null, 2));
  const samples = Math.max(10, Math.round(30_000 / size));
  const timesUs = Array.from({ length: Math.min(samples, SAMPLES) }, (_, n) =>
    timeUs(() => {
      const document = JSON.parse(readFileSync(path, "utf8"));
      document.conversation.push(message(size + n + 1));
      writeFileSync(path, JSON.stringify(document, null, 2));
    }),
  );
  return median(timesUs);
}

function appendRaw(n) {
  appendFileSync(join(folder, "raw"), `00000000 ${JSON.stringify(message(n))}\n`);
}

function warmUp() {
  const store = openStore({ directory: join(folder, "warm-up") });
  store.open({ id: "s", started_at: STARTED_AT, software: {} });
  for (let n = 1; n <= 2000; n += 1) store.add("s", message(n));
}

function message(n, wordCount = 0) {
  const words = Array.from({ length: wordCount }, (_, at) => ({
    text: "parcel",
    at_s: n + at / 4,
    until_s: n + at / 4 + 0.2,
  }));
  const agent = n % 2 === 0;
  const timestamp = `2025-08-18T14:30:22.${String(n % 1e6).padStart(6, "0")}+05:30`;
  return {
    role: agent ? "agent" : "user",
    content: `message ${n}: could you tell me when the next train to the coast leaves today?`,
    timestamp,
    source: agent ? "cartesia_tts" : "deepgram_stt",
    id: `m_${n}`,
    turn_id: `t_${Math.ceil(n / 2)}`,
    started_at: STARTED_AT,
    ended_at: STARTED_AT,
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    span_id: "b7ad6b7169203331",
    ...(agent && { delivery: "pending" }),
    ...(wordCount > 0 && { words }),
  };
}

function timeUs(action) {
  const startMs = performance.now();
  action();
  return (performance.now() - startMs) * 1000;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
