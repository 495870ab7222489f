/**
 * Measures what forwarding a span costs the agent's event loop. Run after `npm run build`:
 *
 *     node bench/forward-cost.mjs [spans]
 *
 * The same spans, each with the attributes of a transcript, go to a receiver in a process of its own.
 * They go through the folder, through the folder while nothing listens, from memory, and not at all.
 * It prints:
 *
 * - by kind of span, how long the agent waits for the calls that begin and end one;
 * - all included, the CPU time of the main thread, with making and sending the span. Forwarding costs
 *   the difference to "not at all".
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { detectResources, processDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import {
  createDurableForwarder,
  createMemoryForwarder,
  createOtlpSender,
} from "../dist/otel/index.js";

if (process.argv[2] === "receive") await receive();
else await measureAll(Number(process.argv[2] ?? 6000));

/** Accepts everything; its time is not the forwarder's. */
async function receive() {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
  process.on("disconnect", () => process.exit(0));
}

async function measureAll(count) {
  const receiver = fork(import.meta.filename, ["receive"]);
  const [port] = await once(receiver, "message");
  const endpoint = `http://127.0.0.1:${port}/v1/traces`;
  const nothing = "http://127.0.0.1:9/v1/traces";
  await measure("warm-up", count / 4, throughFolder(endpoint));
  await measure("through the folder", count, throughFolder(endpoint));
  await measure("through the folder, nothing listens", count, throughFolder(nothing));
  await measure("from memory", count, fromMemory(endpoint));
  const silent = { forward() {}, shutdown: () => Promise.resolve() };
  await measure("not at all", count, { forwarder: silent });
  receiver.disconnect();
}

function throughFolder(url) {
  const directory = mkdtempSync(join(tmpdir(), "talktrace-bench-"));
  const report = () => undefined;
  const forwarder = createDurableForwarder({
    directory: join(directory, "spool"),
    sender: createOtlpSender(url, 2000),
    url,
    report,
  });
  return { forwarder, tidyUp: () => rmSync(directory, { recursive: true }) };
}

function fromMemory(url) {
  const sender = createOtlpSender(url, 2000);
  return { forwarder: createMemoryForwarder({ sender, url, report: () => undefined }) };
}

async function measure(name, count, { forwarder, tidyUp }) {
  let callUs = 0;
  const timed = (action) => {
    const startedMs = performance.now();
    action();
    callUs += (performance.now() - startedMs) * 1000;
  };
  const resource = detectResources({ detectors: [processDetector] }).merge(
    resourceFromAttributes({ "service.name": "bench" }),
  );
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [
      {
        onStart: (span) => timed(() => forwarder.begin?.(span)),
        onEnd: (span) => timed(() => forwarder.forward(span)),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const tracer = provider.getTracer("bench");
  const times = { short: [], long: [] };
  const before = mainThreadUs();
  for (let n = 0; n < count; n += 1) {
    callUs = 0;
    const kind = n % 2 === 0 ? "short" : "long";
    const span = startTranscript(tracer, n);
    // A span that outlives its tick is written down as open as well: by a microtask, timed from here.
    if (kind === "long") {
      const pausedMs = performance.now();
      await Promise.resolve();
      callUs += (performance.now() - pausedMs) * 1000;
    }
    span.end();
    times[kind].push(callUs);
    if (n % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await forwarder.shutdown();
  const allUs = (mainThreadUs() - before) / count;
  tidyUp?.();
  if (name === "warm-up") return;
  console.log(`${name}, ${count} spans:`);
  for (const kind of ["short", "long"]) {
    const figures = times[kind].toSorted((a, b) => a - b);
    const at = (share) => figures[Math.floor(figures.length * share)].toFixed(1).padStart(6);
    const mean = figures.reduce((sum, each) => sum + each, 0) / figures.length;
    console.log(
      `  ${kind === "short" ? "ends in its tick " : "outlives its tick"}  median ${at(0.5)} us  ` +
        `mean ${mean.toFixed(1).padStart(6)} us  p99 ${at(0.99)} us`,
    );
  }
  console.log(`  main thread, all included: ${allUs.toFixed(1)} us a span`);
}

/** CPU time of this thread where Linux tells it, else of the process. */
function mainThreadUs() {
  if (existsSync("/proc/thread-self/schedstat")) {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1000;
  }
  const { user, system } = process.cpuUsage();
  return user + system;
}

function startTranscript(tracer, n) {
  const span = tracer.startSpan("speech_to_text nova-3", {
    attributes: {
      role: "user",
      content: `नमस्ते, a sentence of a dozen words that a caller might say, number ${n}`,
      source: "deepgram_stt",
      "gen_ai.operation.name": "speech_to_text",
      "gen_ai.provider.name": "deepgram",
      "gen_ai.request.model": "nova-3",
      "gen_ai.conversation.id": "RM_bench",
      "talktrace.session.id": "bench",
      "talktrace.record": "message",
      "talktrace.message.id": `m_${n}`,
      "talktrace.turn.id": `t_${n}`,
      "talktrace.timestamp_ms": Date.now(),
      "talktrace.language": "en",
      "talktrace.confidence": 0.98,
    },
  });
  const words = Array.from({ length: 12 }, (_, index) => ({
    text: "word",
    at_s: index / 3,
    until_s: index / 3 + 0.3,
  }));
  span.setAttribute("talktrace.words", JSON.stringify(words));
  return span;
}
