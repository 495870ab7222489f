// Measures what an hour's call writes to the disk: 1,000 messages with word times, as the kernel
// counts the bytes that the process hands to it (`wchar` of /proc/self/io; `write_bytes`, what the
// file system sends to a device, depends on the disk and is printed beside it). Linux only; run it
// after a build:
//
//     node bench/disk-writes.mjs [CHECKOUT]
//
// The hour is held in three minutes: messages come 20 times as fast, and a document may be behind
// by a twentieth of the real limit. With another checkout its store is measured instead.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const [, , checkout = "."] = process.argv;
const { STORE_LIMITS, openStore } = await import(resolve(checkout, "dist/src/store/index.js"));

const TIMES_FASTER = 20;
const CALL_MS = 3_600_000 / TIMES_FASTER;
const TURNS = 500;
const MEGABYTE = 1e6;

const folder = mkdtempSync(join(tmpdir(), "talktrace-bench-"));
try {
  const maxBehindMs = (STORE_LIMITS.maxBehindMs ?? 0) / TIMES_FASTER;
  const store = openStore({ directory: folder, limits: { maxBehindMs } });
  const before = readIo();
  const startMs = performance.now();
  store.open({ id: "s", started_at: timestampOf(0), software: {} });
  let mostBehindMs = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    await waitUntil(startMs + (turn * CALL_MS) / TURNS);
    store.add("s", message(2 * turn + 1, "user", 8));
    await waitUntil(startMs + ((turn + 0.4) * CALL_MS) / TURNS);
    store.add("s", { ...message(2 * turn + 2, "agent", 16), delivery: "pending" });
    await waitUntil(startMs + ((turn + 0.9) * CALL_MS) / TURNS);
    store.amend("s", `m_${2 * turn + 2}`, { delivery: "full", played_s: 5.2 });
    mostBehindMs = Math.max(mostBehindMs, Date.now() - statSync(store.pathOf("s")).mtimeMs);
  }
  store.close("s", { ended_at: timestampOf(3_600_000) });
  await store.flush();
  const after = readIo();
  const { size } = statSync(store.pathOf("s"));
  await store.shutdown();
  const written = (key) => `${((after[key] - before[key]) / MEGABYTE).toFixed(1)} MB`;
  process.stdout.write(
    `document ${(size / MEGABYTE).toFixed(2)} MB; ` +
      `wchar ${written("wchar")}, write_bytes ${written("write_bytes")}; ` +
      `at most ${((mostBehindMs * TIMES_FASTER) / 1000).toFixed(1)} s of the call behind\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function readIo() {
  const lines = readFileSync("/proc/self/io", "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(": ")).map(([k, v]) => [k, Number(v)]));
}

async function waitUntil(atMs) {
  const leftMs = atMs - performance.now();
  if (leftMs > 0) await wait(leftMs);
}

function timestampOf(ms) {
  const instant = new Date(Date.UTC(2025, 7, 18, 9, 0, 0) + ms);
  return instant.toISOString().replace("Z", "000+00:00");
}

function message(n, role, wordCount) {
  const words = Array.from({ length: wordCount }, (_, index) => ({
    text: ["could", "you", "tell", "me", "when", "parcel", "arrives"][index % 7],
    at_s: Math.round(n * 3600 + index * 310) / 1000,
    until_s: Math.round(n * 3600 + index * 310 + 260) / 1000,
  }));
  return {
    role,
    content: words.map(({ text }) => text).join(" "),
    timestamp: timestampOf(n * 3600),
    source: role === "agent" ? "cartesia_tts" : "deepgram_stt",
    id: `m_${n}`,
    turn_id: `t_${Math.ceil(n / 2)}`,
    started_at: timestampOf(n * 3600),
    ended_at: timestampOf(n * 3600 + 2000),
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    span_id: "b7ad6b7169203331",
    language: "en",
    audio: { duration_s: 2, level_dbfs: -23.1, peak_dbfs: -6.2, clipped_share: 0, snr_db: 41 },
    words,
  };
}
