/**
 * Measures what it costs to follow the sound of a call. Run after `npm run build`:
 *
 *     node bench/audio-cost.mjs
 *
 * For each kind of sound it prints the time that a 20 ms frame takes, and the share of one core that
 * this is at real time. Then it prints what the end of an utterance costs, with two minutes of sound
 * kept.
 */
import { performance } from "node:perf_hooks";
import { AudioFrame } from "@livekit/rtc-node";
import { createCallerAudio } from "../dist/src/livekit/audio/caller-audio.js";
import { createSynthesisAudio } from "../dist/src/livekit/audio/synthesis-audio.js";

const FRAME_MS = 20;
const ROUNDS = 20;
const FRAMES = 3000;

for (const [what, sampleRate, follow] of [
  ["the caller, 16 kHz", 16_000, followCaller],
  ["the caller, 24 kHz", 24_000, followCaller],
  ["the caller, 48 kHz", 48_000, followCaller],
  ["a synthesis, 24 kHz", 24_000, followVoice],
]) {
  const frame = makeFrame(sampleRate);
  const times = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const take = follow();
    const startedMs = performance.now();
    for (let index = 0; index < FRAMES; index += 1) take(frame, index * FRAME_MS);
    // The first round warms up.
    if (round > 0) times.push((performance.now() - startedMs) / FRAMES);
  }
  const frameMs = median(times);
  const share = ((frameMs / FRAME_MS) * 100).toFixed(3);
  console.log(
    `${what.padEnd(20)} ${(frameMs * 1000).toFixed(1).padStart(6)} us a frame, ${share} % of one core`,
  );
}

const { sound, nowMs } = fillTwoMinutes();
console.log(
  `the end of a turn    ${measure(() => sound.findLastSpeech(nowMs - 5000, nowMs))}, once a turn`,
);
console.log(
  `a transcript         ${measure(() => sound.describe(nowMs - 5000, nowMs))}, once a transcript`,
);
process.exit(0);

function followCaller() {
  let atMs = 0;
  const caller = createCallerAudio(() => atMs);
  return (frame, dueMs) => {
    atMs = dueMs;
    caller.onFrame(frame);
  };
}

function followVoice() {
  const voice = createSynthesisAudio();
  return (frame, dueMs) => voice.onFrame(frame, dueMs, dueMs);
}

function fillTwoMinutes() {
  let atMs = 0;
  const filled = createCallerAudio(() => atMs);
  const loud = makeFrame(16_000);
  const quiet = new AudioFrame(new Int16Array(320), 16_000, 1, 320);
  for (let index = 0; index < 6000; index += 1) {
    atMs += FRAME_MS;
    filled.onFrame(index % 250 < 150 ? loud : quiet);
  }
  return { sound: filled, nowMs: atMs };
}

function makeFrame(sampleRate) {
  const samples = (sampleRate * FRAME_MS) / 1000;
  const data = Int16Array.from({ length: samples }, (_, index) => 8000 * Math.sin(index / 7));
  return new AudioFrame(data, sampleRate, 1, samples);
}

function measure(work) {
  const times = [];
  for (let round = 0; round < 200; round += 1) {
    const startedMs = performance.now();
    work();
    times.push(performance.now() - startedMs);
  }
  return `${median(times).toFixed(2).padStart(6)} ms`;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
