/**
 * Cuts a spool file off at each of its bytes, and flips each single bit of it. What is delivered must
 * be to the letter what was written, and what is not delivered must be reported.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";

import { SPOOL_LIMITS } from "../../dist/otel/spool/limits.js";
import { UNKNOWN_RESOURCE } from "../../dist/otel/spool/span-json.js";
import { Spool } from "../../dist/otel/spool/spool.js";
import { spread } from "./parts/in-parallel.mjs";

const SPANS = 12;

export const name = "damaged-spool";
export const counts = { quick: 4000, full: Infinity };

export async function* run({ count, folder, report }) {
  const { fileName, bytes } = await writeFile(join(folder, "original"));
  const lines = linesOf(bytes);
  const directory = join(folder, "damaged");
  const whole = await deliver(directory, fileName, bytes);
  if (whole.bodies.length !== SPANS || whole.dropped > 0) throw new Error("the file is not whole");
  const rows = [
    {
      row: "spool file cut off at each byte",
      items: Array.from({ length: bytes.length }, (_, at) => at),
      damage: (at) => ({
        damaged: bytes.subarray(0, at),
        hit: lines.filter(({ end }) => end - 1 > at),
      }),
      isTold: () => true,
    },
    {
      row: "each bit of a spool file flipped",
      items: Array.from({ length: bytes.length * 8 }, (_, bit) => bit),
      damage(bit) {
        const at = Math.floor(bit / 8);
        const damaged = Buffer.from(bytes);
        damaged[at] ^= 1 << (bit % 8);
        const first = lines.findIndex(({ end }) => at < end);
        // If a line feed is flipped, it joins two lines. The last one is known all the same.
        const joins = at === lines[first].end - 1;
        const last = joins && first === lines.length - 1;
        return { damaged, hit: last ? [] : lines.slice(first, first + (joins ? 2 : 1)) };
      },
      isTold: ({ dropped, reports }) => dropped > 0 || reports.length > 0,
    },
  ];
  for (const { row, items, damage, isTold } of rows) {
    const failures = [];
    let unnamed = 0;
    const chosen = spread(items, count / 2);
    for (const [done, item] of chosen.entries()) {
      const { damaged, hit } = damage(item);
      const outcome = await deliver(directory, fileName, damaged);
      const lost = hit.filter(({ kind }) => kind === "ended").length;
      const expected = whole.bodies.filter((body) => !hit.some((line) => line.text.includes(body)));
      const found = outcome.bodies.filter((body) => whole.bodies.includes(body));
      if (found.join() !== expected.join())
        failures.push(`at ${item}: other spans than were written`);
      // A span whose end is damaged counts as open, and ends as recovered.
      const strange = outcome.bodies.filter((body) => !whole.bodies.includes(body));
      if (strange.some((body) => !body.includes("talktrace.recovered"))) {
        failures.push(`at ${item}: a span that nobody wrote`);
      }
      if (lost > 0 && !isTold(outcome)) failures.push(`at ${item}: a span is gone without a word`);
      // If the line with the resource is damaged, spans are sent all the same, with an unknown resource.
      const isNamed = !hit.some(({ kind }) => kind === "resource");
      if (!isNamed) unnamed += 1;
      const known = isNamed ? whole.resources : [...whole.resources, UNKNOWN_RESOURCE];
      if (!outcome.resources.every((resource) => known.includes(resource))) {
        failures.push(`at ${item}: a resource that nobody wrote`);
      }
      report(done + 1, chosen.length, row);
    }
    yield { row, count: chosen.length, facts: { "without whose they are": unnamed }, failures };
  }
}

/** A file as a forwarder leaves it at a clean end. */
async function writeFile(directory) {
  const spool = makeSpool(directory, { onDropped: () => undefined, report: () => undefined });
  const provider = new BasicTracerProvider();
  const tracer = provider.getTracer("torture");
  for (let n = 0; n < SPANS; n += 1) {
    const span = tracer.startSpan(`span ${n}`, { attributes: { content: `नमस्ते \n ${n}` } });
    spool.begin(span);
    // Every other span is written down as open first.
    if (n % 2 === 0) spool.writeOpen();
    span.end();
    spool.end(span);
  }
  spool.release();
  const [fileName] = readdirSync(directory);
  return { fileName, bytes: readFileSync(join(directory, fileName)) };
}

/** All spans that a forwarder would send of a file. */
async function deliver(directory, fileName, bytes) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  writeFileSync(join(directory, fileName), bytes);
  const outcome = { bodies: [], resources: [], reports: [], dropped: 0 };
  const spool = makeSpool(directory, {
    report: (line) => outcome.reports.push(line),
    onDropped: (count) => (outcome.dropped += count),
  });
  await spool.adopt();
  for (let batch = await spool.next(5); batch !== undefined; batch = await spool.next(5)) {
    outcome.bodies.push(...batch.spans.map(({ body }) => body.toString("utf8")));
    outcome.resources.push(...batch.spans.map(({ resource }) => resource));
    spool.markSent(batch);
  }
  spool.release();
  return outcome;
}

function makeSpool(directory, { report, onDropped }) {
  return new Spool({
    directory,
    limits: SPOOL_LIMITS,
    report,
    onDropped,
    onAdopted: () => undefined,
  });
}

function linesOf(bytes) {
  const lines = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start) + 1;
    const text = bytes.toString("utf8", start, end);
    lines.push({ end, text, kind: text.split(" ")[1] });
    start = end;
  }
  return lines;
}
