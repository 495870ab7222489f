/**
 * Endpoints that fail in fourteen ways for `count` seconds, side by side, at 100 spans a second
 * each: test/faults/jaeger-matrix.test.ts, beside OpenTelemetry's batch processor and exporter.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { runCommand } from "./parts/child.mjs";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const CONFIG = join(REPOSITORY, "test/faults/vitest.config.ts");

export const name = "endpoints";
export const counts = { quick: 6, full: 600 };

export async function* run({ count, folder, report }) {
  const table = join(folder, "table.json");
  const startedMs = performance.now();
  const watching = setInterval(() => {
    report(Math.round((performance.now() - startedMs) / 1000), count, "seconds");
  }, 1000);
  const vitest = join(REPOSITORY, "node_modules/vitest/vitest.mjs");
  const { code, stdout, stderr } = await runCommand(
    process.execPath,
    [vitest, "run", "--config", CONFIG, "jaeger-matrix"],
    { timeoutMs: 0, env: { ...process.env, FAULT_SECONDS: String(count), FAULT_TABLE: table } },
  );
  clearInterval(watching);
  const outcomes = existsSync(table) ? JSON.parse(readFileSync(table, "utf8")) : [];
  for (const { fault, spans, lost, lostByStock, sentTwice, asked } of outcomes) {
    yield {
      row: `endpoint, ${count} s: ${fault}`,
      count: spans,
      facts: {
        "lost by the stock exporter": lostByStock,
        "sent twice": sentTwice,
        "requests while it failed": asked,
      },
      failures: lost === 0 ? [] : [`${lost} spans lost`],
    };
  }
  if (code !== 0) {
    const told = `${stdout}${stderr}`.slice(-2000);
    yield {
      row: "endpoints",
      count: outcomes.length,
      failures: [`vitest ended with ${code}: ${told}`],
    };
  }
}
