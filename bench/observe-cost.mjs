/**
 * Measures what observing a session costs the agent's event loop. Run after `npm run build`:
 *
 *     node bench/observe-cost.mjs [rounds]
 *
 * One run measures three things, the first two side by side:
 * - the busy time of the event loop in the demo's call, held with and without `observe()` in turn;
 * - the time that an audio output takes for a frame, with and without a listener;
 * - the time of one message, from LiveKit's event to the acknowledged line on disk, span included.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { initializeLogger, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { trace } from "@opentelemetry/api";
import { startConversation } from "../dist/otel/index.js";
import { holdConversation } from "../dist/src/demo/hold-conversation.js";
import { audioOutputHooks } from "../dist/src/livekit/instrumentation/audio-output.js";
import { createGuard } from "../dist/src/livekit/instrumentation/guard.js";
import { observe, startTelemetry } from "../dist/src/livekit/index.js";
import { toTimestamp } from "../dist/src/record/index.js";

const rounds = Number(process.argv[2] ?? 3);
const directory = mkdtempSync(join(tmpdir(), "talktrace-bench-"));
process.env.OTEL_TRACES_EXPORTER = "none";
initializeLogger({ pretty: false, level: "silent" });
// Both sides trace, because the observation is measured and not OpenTelemetry in LiveKit.
const telemetry = startTelemetry({ directory, console: false });

const busy = { plain: [], observed: [] };
for (let round = 0; round < rounds; round += 1) {
  for (const kind of ["plain", "observed"]) {
    process.stderr.write(`call ${round + 1} of ${rounds}, ${kind}\n`);
    const before = performance.eventLoopUtilization();
    await holdConversation({
      rate: 8,
      onSession(session) {
        if (kind === "observed") observe(session);
      },
    });
    busy[kind].push(performance.eventLoopUtilization(before).active);
  }
}
const messageUs = measureMessages();
await telemetry.shutdown();
rmSync(directory, { recursive: true, force: true });

const frames = measureFrames();
console.log(`busy event loop for the demo's call, median of ${rounds}, min and max:`);
console.log(`  without observe()  ${describe(busy.plain)}`);
console.log(`  with observe()     ${describe(busy.observed)}`);
console.log(`  ratio with/without ${(median(busy.observed) / median(busy.plain)).toFixed(3)}`);
console.log(
  `one audio frame through an output, median of ${frames.plain.length} rounds of ${frames.count}:`,
);
console.log(`  not listened to    ${median(frames.plain).toFixed(2)} us`);
console.log(`  listened to        ${median(frames.observed).toFixed(2)} us`);
console.log(
  `one message, span, exporter and journal together: ${messageUs.toFixed(0)} us (median)`,
);
process.exit(0);

function measureFrames() {
  class Sink extends voice.AudioOutput {
    clearBuffer() {}
  }
  const count = 20_000;
  const owner = {};
  const plain = new Sink(24_000);
  const observed = new Sink(24_000);
  audioOutputHooks.attach(observed, owner, {
    guard: createGuard(),
    clock: { now: () => performance.now() },
    onCapture() {},
    onStart() {},
    onEnd() {},
    guessSynthesis() {},
    readPosition: (position) => position,
  });
  const frame = new AudioFrame(new Int16Array(480), 24_000, 1, 480);
  const times = { plain: [], observed: [], count };
  for (let round = 0; round < 21; round += 1) {
    for (const [kind, sink] of [
      ["plain", plain],
      ["observed", observed],
    ]) {
      const startedMs = performance.now();
      for (let index = 0; index < count; index += 1) void sink.captureFrame(frame);
      // The first round warms up.
      if (round > 0) times[kind].push(((performance.now() - startedMs) * 1000) / count);
    }
  }
  return times;
}

function measureMessages() {
  const session = { id: "bench", started_at: toTimestamp(Date.now()), software: {} };
  const spans = startConversation(trace.getTracer("bench"), session, "bench", Date.now());
  const words = Array.from({ length: 12 }, (_, n) => ({
    text: "word",
    at_s: n / 3,
    until_s: n / 3 + 0.3,
  }));
  const times = [];
  for (let n = 0; n < 2000; n += 1) {
    const startedMs = performance.now();
    spans.transcript({
      source: "deepgram_stt",
      provider: "deepgram",
      model: "nova-3",
      id: `m_${n}`,
      turnId: `t_${n}`,
      content: "a sentence of a dozen words that a caller might say",
      timestampMs: Date.now(),
      language: "en",
      confidence: 0.98,
      words,
      durationS: 4,
    });
    times.push((performance.now() - startedMs) * 1000);
  }
  spans.end({ endedMs: Date.now(), reason: "bench" });
  return median(times);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function describe(values) {
  const ms = (value) => `${value.toFixed(0)} ms`;
  return `${ms(median(values))} (${ms(Math.min(...values))} to ${ms(Math.max(...values))})`;
}
