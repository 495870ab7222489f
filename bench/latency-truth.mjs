/**
 * Measures how right the latencies in a record are. Run after `npm run build`, on a quiet machine:
 *
 *     node bench/latency-truth.mjs [--turns N]
 *
 * It holds a call at real time between a caller with a clock of its own and services whose delays
 * are known. Each delay is drawn anew for every turn, so that N turns spread it evenly over 50 to
 * 1500 ms. Every third turn calls a tool. The first turn opens the connections and is not counted.
 *
 * For each stage it compares what was injected with the record, and with LiveKit's own metrics of the
 * same turn. What was injected is the delay by the clock of whoever made it, not the delay that was
 * asked for. If the two differ, a line says so, and whether the process stood still or LiveKit had
 * paused the loudspeaker. The exit code is 1 if the record's error is above 20 ms at the 95th
 * percentile in any stage.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { ReadableStream } from "node:stream/web";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { initializeLogger, llm, voice } from "@livekit/agents";
import { z } from "zod";
import { createModels } from "../dist/src/agent/models.js";
import { createSession } from "../dist/src/agent/session.js";
import { DEFAULT_VOICE } from "../dist/src/agent/settings.js";
import { CallerMicrophone } from "../dist/src/demo/caller-microphone.js";
import { Loudspeaker } from "../dist/src/demo/loudspeaker.js";
import { readUtterances } from "../dist/src/demo/read-utterances.js";
import { startCartesiaStandIn } from "../dist/src/demo/stand-ins/cartesia.js";
import { startDeepgramStandIn } from "../dist/src/demo/stand-ins/deepgram.js";
import { startLlmStandIn } from "../dist/src/demo/stand-ins/llm.js";
import { durationOf, splitIntoStages } from "../dist/src/record/index.js";
import { observe, startTelemetry } from "../dist/src/livekit/index.js";

const LIMIT_MS = 20;
const [SHORTEST_MS, LONGEST_MS] = [50, 1500];
/** A sample below this is not heard: 1 % of full scale. */
const AUDIBLE_SAMPLE = 328;
const TOKENS = ["It", " is", " all", " done."];
const TOOL_ARGUMENTS = { order: "4271" };
/** The stand-in gives a call's arguments in parts of 8 characters. */
const ARGUMENT_PARTS = Math.ceil(JSON.stringify(TOOL_ARGUMENTS).length / 8);
const UTTERANCES = readUtterances();

const { values } = parseArgs({ options: { turns: { type: "string", default: "24" } } });
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1) {
  console.error(`Cannot hold "${values.turns}" turns: give a whole number from 1, e.g. --turns 24`);
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), "talktrace-bench-"));
process.env.OTEL_TRACES_EXPORTER = "none";
initializeLogger({ pretty: false, level: "silent" });
const telemetry = startTelemetry({ directory, console: false });

/** What happens in the turn that is going on. */
let now = {};
const apiKey = "bench";
/** When the last final transcript left, by `performance.now()` as every time here. */
let finalSentMs = NaN;
const deepgram = { apiKey, finalDelayMs: 400, onFinal: (sentMs) => (finalSentMs = sentMs) };
const cartesia = {
  apiKey,
  firstByteDelayMs: 150,
  onAudio: (sentMs) => (now.firstAudioMs ??= sentMs),
};
const language = {
  apiKey,
  firstTokenDelayMs: 350,
  tokenIntervalMs: 12,
  replies: [],
};
const standIns = await Promise.all([
  startDeepgramStandIn(deepgram),
  startCartesiaStandIn(cartesia),
  startLlmStandIn(language),
]);
const [deepgramUrl, cartesiaUrl, llmUrl] = standIns.map(({ url }) => url);

class Agent extends voice.Agent {
  constructor() {
    const lookUp = llm.tool({
      name: "look_up",
      description: "Looks up an order",
      parameters: z.object({ order: z.string() }),
      async execute() {
        const startedMs = performance.now();
        await delay(now.plan.tool);
        now.toolMs = performance.now() - startedMs;
        return { found: true };
      },
    });
    super({ instructions: "", tools: [lookUp] });
  }
  async onUserTurnCompleted() {
    now.committedMs = performance.now();
    await delay(now.plan.turn_hook);
    now.hookMs = performance.now() - now.committedMs;
  }
  /** Holds the first words back, as code does that wants to see some of them before it speaks. */
  async ttsNode(text, settings) {
    return voice.Agent.default.ttsNode(this, ReadableStream.from(holdFirst(text, now)), settings);
  }
}

async function* holdFirst(text, turn) {
  for await (const part of text) {
    if (turn.passedMs === undefined) {
      const arrivedMs = performance.now();
      await delay(turn.plan.first_words);
      turn.passedMs = performance.now();
      turn.firstWordsMs = turn.passedMs - arrivedMs;
    }
    yield part;
  }
}

/** A loudspeaker that tells how often LiveKit has paused it: what is paused does not begin. */
class WatchedLoudspeaker extends Loudspeaker {
  pauses = 0;
  pause() {
    this.pauses += 1;
    super.pause();
  }
}

const models = createModels({
  deepgram: { apiKey, model: "nova-3", language: "multi", url: deepgramUrl },
  cartesia: { apiKey, model: "sonic-3", voice: DEFAULT_VOICE, url: cartesiaUrl },
  llm: { apiKey, model: "bench", url: llmUrl },
});
const session = createSession(models, {
  aecWarmupDuration: 0,
  userAwayTimeout: null,
  turnHandling: {
    turnDetection: "vad",
    interruption: { mode: "vad" },
    preemptiveGeneration: { enabled: false },
  },
});
const microphone = new CallerMicrophone();
const loudspeaker = new WatchedLoudspeaker();
session.input.audio = microphone;
session.output.audio = loudspeaker;
const observation = observe(session);
session.on("metrics_collected", ({ metrics }) => {
  if (metrics.type === "eou_metrics") now.eou = metrics;
});
await session.start({ agent: new Agent(), record: false });
// The noise around the caller's words, and the microphone's clock, are known after a moment.
await delay(1000);

const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();
const plans = planTurns(turns + 1);
const held = [];
for (const [index, plan] of plans.entries()) {
  process.stderr.write(`turn ${index} of ${turns}\r`);
  held.push(await holdTurn(plan, UTTERANCES[index % UTTERANCES.length], index % 3 === 2));
}
await session.close();
await microphone.close();
loudspeaker.close();
await Promise.all(standIns.map(({ stop }) => stop()));
const { conversation, events } = JSON.parse(readFileSync(observation.path, "utf8"));
await telemetry.shutdown();
rmSync(directory, { recursive: true, force: true });

const replies = conversation.filter(({ role }) => role === "agent");
if (replies.length !== held.length)
  throw new Error(`${replies.length} replies in the record, ${held.length} in the call`);
const rows = new Map();
for (const [index, turn] of held.entries()) {
  if (index > 0) compare(turn, replies[index].latency);
}
print();
for (const [index, turn] of held.entries()) {
  if (index > 0) remark(index, turn);
}
const worst = Math.max(
  ...[...rows.values()].map(({ ours }) => percentile(ours.map(Math.abs), 0.95)),
  percentile(
    held.slice(1).map(({ restMs }) => restMs),
    0.95,
  ),
);
const implausible = events.filter(({ type }) => type === "implausible_figure").length;
console.log(`worst p95 of the record: ${worst.toFixed(1)} ms; limit ${LIMIT_MS} ms`);
if (implausible > 0) console.log(`figures of LiveKit left out as implausible: ${implausible}`);
process.exit(worst > LIMIT_MS ? 1 : 0);

/** A plan for each turn; each delay takes every part of the range once, in an order of its own. */
function planTurns(count) {
  let seed = 20_250_818;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const names = [
    "stt",
    "endpointing",
    "turn_hook",
    "llm",
    "sentence",
    "voice",
    "playback",
    "tool",
    "first_words",
  ];
  const columns = names.map((name) => {
    const parts = Array.from({ length: count }, (_, part) => (part + random()) / count);
    const order = parts.map((part) => [random(), part]).toSorted(([a], [b]) => a - b);
    return [name, order.map(([, part]) => SHORTEST_MS + part * (LONGEST_MS - SHORTEST_MS))];
  });
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(columns.map(([name, column]) => [name, Math.round(column[index])])),
  );
}

async function holdTurn(plan, utterance, withTool) {
  now = { plan, withTool };
  const pausesBefore = loudspeaker.pauses;
  stalls.reset();
  const words = TOKENS.join("");
  const tool = { name: "look_up", arguments: TOOL_ARGUMENTS };
  language.replies = [
    { to: utterance.text, ...(withTool ? { tool, sayAfterTool: words } : { say: words }) },
  ];
  deepgram.finalDelayMs = plan.stt;
  cartesia.firstByteDelayMs = plan.voice;
  language.firstTokenDelayMs = plan.llm;
  language.tokenIntervalMs = tokenIntervalOf(plan);
  loudspeaker.startDelayMs = plan.playback;
  session.updateOptions({
    turnHandling: { endpointing: { minDelay: plan.endpointing, maxDelay: 3000 } },
  });
  const turn = now;
  const answered = new Promise((resolve) => {
    session.on("conversation_item_added", function listen({ item }) {
      if (item.type !== "message" || item.role !== "assistant") return;
      session.off("conversation_item_added", listen);
      turn.livekit = item.metrics ?? {};
      resolve();
    });
  });
  const { startedAtMs } = await microphone.speak(utterance);
  const beganMs = startedAtMs - (utterance.words[0]?.start_s ?? 0) * 1000 - performance.timeOrigin;
  const lastAudible =
    utterance.samples.findLastIndex((each) => Math.abs(each) > AUDIBLE_SAMPLE) + 1;
  turn.speechEndMs = beganMs + (lastAudible / utterance.sampleRate) * 1000;
  await answered;
  turn.finalMs = finalSentMs;
  const { pushedAtMs, startedAtMs: soundedAtMs } = loudspeaker.segments.at(-1);
  turn.heardMs = soundedAtMs - performance.timeOrigin;
  turn.playbackMs = soundedAtMs - pushedAtMs;
  turn.pauses = loudspeaker.pauses - pausesBefore;
  turn.stallMs = stalls.max / 1e6;
  // Voice activity detection needs a moment of silence between two utterances.
  await delay(600);
  return turn;
}

function tokenIntervalOf(plan) {
  return plan.sentence / (TOKENS.length - 1);
}

/** Notes each stage's error, of the record and of LiveKit, in milliseconds. */
function compare(turn, latency) {
  const { plan, eou, livekit, withTool } = turn;
  const stages = splitIntoStages(latency);
  const reported = (...names) =>
    stages
      .filter(({ name }) => names.includes(name))
      .reduce((sum, stage) => sum + durationOf(stage), 0) * 1000;
  const sttMs = turn.finalMs - turn.speechEndMs;
  const note = (stage, injected, ours, theirs) => {
    if (!rows.has(stage)) rows.set(stage, { injected: [], ours: [], theirs: [] });
    const row = rows.get(stage);
    if (!Number.isFinite(injected) || !Number.isFinite(ours))
      throw new Error(`${stage}: the record has ${ours} ms, ${injected} ms were injected`);
    row.injected.push(injected);
    row.ours.push(ours - injected);
    if (Number.isFinite(theirs)) row.theirs.push(theirs - injected);
  };
  note("speech_to_text", sttMs, reported("speech_to_text"), eou?.transcriptionDelayMs);
  note(
    "end_of_turn",
    turn.committedMs - turn.finalMs,
    reported("end_of_turn"),
    eou?.endOfUtteranceDelayMs - eou?.transcriptionDelayMs,
  );
  note("turn_hook", turn.hookMs, reported("turn_hook"), eou?.onUserTurnCompletedDelayMs);
  note("llm", plan.llm, reported("llm"), livekit.llmNodeTtft * 1000);
  if (withTool) {
    // A tool can be called once the LLM has given the whole call.
    const callMs = ARGUMENT_PARTS * tokenIntervalOf(plan);
    note("tool_llm", plan.llm + callMs, reported("tool_llm"));
    note("tool", turn.toolMs, reported("tool"));
  }
  note("first_words", turn.firstWordsMs, reported("first_words"));
  // The voice waits for a whole sentence, though LiveKit gives it each token as it comes: the tokens
  // that were still to come and the voice's own delay, from the agent's clock to the service's.
  note(
    "text_to_speech",
    turn.firstAudioMs - turn.passedMs,
    reported("text_to_speech"),
    livekit.ttsNodeTtfb * 1000,
  );
  note("playback", turn.playbackMs, reported("playback"));
  note("e2e", turn.heardMs - turn.speechEndMs, latency.e2e_s * 1000, livekit.e2eLatency * 1000);
  // Nothing was injected into these.
  const rest = reported("dispatch", "tool_call", "unattributed");
  const sumMs = stages.reduce((sum, stage) => sum + durationOf(stage), 0) * 1000;
  if (Math.abs(sumMs - latency.e2e_s * 1000) > 0.001) throw new Error("the stages do not add up");
  turn.restMs = rest;
}

/** Says where a delay did not come to pass as it was asked for. */
function remark(index, { plan, hookMs, firstWordsMs, playbackMs, toolMs, pauses, stallMs }) {
  const injected = {
    turn_hook: hookMs,
    first_words: firstWordsMs,
    playback: playbackMs,
    ...(toolMs === undefined ? {} : { tool: toolMs }),
  };
  for (const [stage, ms] of Object.entries(injected)) {
    if (Math.abs(ms - plan[stage]) <= LIMIT_MS) continue;
    console.log(
      `turn ${index}: ${stage} was to take ${plan[stage]} ms and took ${ms.toFixed(0)} ms; LiveKit paused the loudspeaker ${pauses} times, the longest standstill of the process was ${stallMs.toFixed(0)} ms`,
    );
  }
}

function print() {
  const head = [
    "stage",
    "n",
    "injected",
    "record p50",
    "p95",
    "max",
    "LiveKit p50",
    "p95",
    "max",
    "n",
  ];
  const lines = [...rows].map(([stage, { injected, ours, theirs }]) => [
    stage,
    ours.length,
    `${Math.min(...injected).toFixed(0)}-${Math.max(...injected).toFixed(0)}`,
    ...describe(ours),
    ...describe(theirs),
    theirs.length,
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => String(line[column]).length)),
  );
  const draw = (line) =>
    line
      .map((cell, column) =>
        column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]),
      )
      .join("  ");
  console.log(
    `errors in milliseconds, ${turns} turns; the median has its sign, the others have none`,
  );
  for (const line of [head, ...lines]) console.log(draw(line));
  const rests = held.slice(1).map(({ restMs }) => restMs);
  console.log(
    `dispatch, tool_call and unattributed, which nothing was injected into: p50 ${percentile(rests, 0.5).toFixed(1)}, max ${Math.max(...rests).toFixed(1)} ms`,
  );
}

function describe(errors) {
  if (errors.length === 0) return ["-", "-", "-"];
  const sizes = errors.map(Math.abs);
  return [percentile(errors, 0.5), percentile(sizes, 0.95), Math.max(...sizes)].map((ms) =>
    ms.toFixed(1),
  );
}

function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  return below + ((sorted[Math.ceil(rank)] ?? below) - below) * (rank - Math.floor(rank));
}
