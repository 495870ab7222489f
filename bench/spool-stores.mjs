/**
 * Compares where ended spans could wait: a file that is appended to, or an embedded store. It needs
 * two packages that TalkTrace itself does not:
 *
 *     npm install --no-save --ignore-scripts lmdb@3 libsql@0.5
 *     node bench/spool-stores.mjs
 *
 * Four processes at once write 9,600 spans of 1.5 kB each, into a file each or a store that they
 * share, and take them out again in batches of 64. Times are how long the main thread waits.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { crc32 } from "node:zlib";

const SPAN = "x".repeat(1500);
const BATCH = 64;
const [kind, directory, lane] = process.argv.slice(2);

if (kind === undefined) {
  for (const each of ["file", "lmdb", "libsql"]) {
    const folder = mkdtempSync(join(tmpdir(), "talktrace-bench-"));
    const writers = ["a", "b", "c", "d"].map((name) =>
      spawn(process.execPath, [import.meta.filename, each, folder, name], { stdio: "inherit" }),
    );
    await Promise.all(writers.map((writer) => once(writer, "exit")));
    rmSync(folder, { recursive: true });
  }
} else await measure(await { file: openFile, lmdb: openLmdb, libsql: openLibsql }[kind]());

function openFile() {
  const fd = openSync(join(directory, lane), "a+");
  let sentTo = 0;
  return {
    put: () => writeSync(fd, `${crc32(SPAN).toString(16).padStart(8, "0")} ${SPAN}\n`),
    takeBatch() {
      const bytes = Buffer.allocUnsafe(BATCH * (SPAN.length + 10));
      readSync(fd, bytes, 0, bytes.length, sentTo);
      sentTo += bytes.length;
      writeSync(fd, `sent ${sentTo}\n`);
    },
  };
}

async function openLmdb() {
  const { open } = await import("lmdb");
  const store = open({ path: join(directory, "store"), noSync: true, encoding: "string" });
  let count = 0;
  return {
    put: () => store.putSync([lane, (count += 1)], SPAN),
    takeBatch() {
      const keys = Array.from(store.getRange({ start: [lane], limit: BATCH }), ({ key }) => key);
      store.transactionSync(() => {
        for (const key of keys) store.removeSync(key);
      });
    },
  };
}

async function openLibsql() {
  const { default: Database } = await import("libsql");
  const store = new Database(join(directory, "store"), { timeout: 5000 });
  store.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  store.exec("CREATE TABLE IF NOT EXISTS spans (id INTEGER PRIMARY KEY, lane TEXT, body TEXT)");
  store.exec("CREATE INDEX IF NOT EXISTS lanes ON spans (lane, id)");
  const insert = store.prepare("INSERT INTO spans (lane, body) VALUES (?, ?)");
  const select = store.prepare("SELECT id, body FROM spans WHERE lane = ? ORDER BY id LIMIT 64");
  const remove = store.prepare("DELETE FROM spans WHERE lane = ? AND id <= ?");
  return {
    put: () => insert.run(lane, SPAN),
    takeBatch: () => remove.run(lane, select.all(lane).at(-1)?.id ?? 0),
  };
}

async function measure({ put, takeBatch }) {
  const times = { span: [], batch: [] };
  const timed = (figures, action) => {
    const startedMs = performance.now();
    action();
    figures.push((performance.now() - startedMs) * 1000);
  };
  for (let round = 0; round < 150; round += 1) {
    for (let n = 0; n < BATCH; n += 1) {
      timed(times.span, put);
      if (n % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    timed(times.batch, takeBatch);
  }
  const describe = (figures) => {
    const sorted = figures.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.floor((sorted.length - 1) * share)].toFixed(0);
    return `median ${at(0.5)} us, p99 ${at(0.99)} us`;
  };
  console.log(`${kind.padEnd(6)} a span ${describe(times.span)}; a batch ${describe(times.batch)}`);
}
