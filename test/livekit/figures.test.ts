import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type metrics, initializeLogger, type tts, voice } from "@livekit/agents";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Telemetry, startTelemetry } from "../../src/livekit/index.js";
import {
  type Conversation,
  durationOf,
  parseTimestamp,
  splitIntoStages,
} from "../../src/record/index.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";
import { agentMessages, isAnswer, isUserItem, startSession } from "./support/observed-session.js";

const { FakeLLM } = voice.testing;
const COUNT = "one two three four five six seven eight nine ten eleven twelve";

let directory: string;
let receiver: OtlpReceiver;
let telemetry: Telemetry;
const problems: string[] = [];

beforeAll(async () => {
  initializeLogger({ pretty: false, level: "silent" });
  directory = mkdtempSync(join(tmpdir(), "talktrace-figures-"));
  receiver = await startOtlpReceiver();
  telemetry = startTelemetry({
    directory,
    console: false,
    reportProblem: (line) => problems.push(line),
    env: {
      OTEL_TRACES_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
    },
  });
});
afterAll(async () => {
  await telemetry.shutdown();
  await receiver.stop();
  rmSync(directory, { recursive: true, force: true });
});

function sum(name: string, fits: { [key: string]: unknown } = {}): number {
  return (receiver.metrics.at(-1) ?? [])
    .filter((point) => point.name === name)
    .filter(({ attributes }) =>
      Object.entries(fits).every(([key, value]) => attributes[key] === value),
    )
    .reduce((total, { value }) => total + value, 0);
}

describe("a session's figures", () => {
  const records: Conversation[] = [];

  it("measure an interruption from the user's first sound to the loudspeaker's last", async () => {
    const call = await startSession({ rate: 1, llm: new FakeLLM([]) });
    call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.6);
    const taken = call.next("conversation_item_added", isUserItem);
    const beganMs = performance.now();
    call.stt.startSpeech();
    call.stt.finalTranscript("stop it", {
      words: [
        ["stop", 0, 0.2],
        ["it", 0.2, 0.4],
      ],
    });
    call.stt.endSpeech();
    await taken;
    const tookS = (performance.now() - beganMs) / 1000;
    const record = await call.finish();
    records.push(record);

    const [cut] = agentMessages(record);
    const user = record.conversation.find(({ role }) => role === "user");
    const yieldS = record.metrics.yield_s?.max ?? NaN;
    expect(record.metrics).toMatchObject({ interruptions: 1, yield_s: { n: 1 } });
    expect(yieldS).toBeCloseTo(
      (parseTimestamp(cut?.ended_at ?? "") - parseTimestamp(user?.started_at ?? "")) / 1000,
      5,
    );
    expect(yieldS).toBeGreaterThanOrEqual(0);
    expect(yieldS).toBeLessThanOrEqual(tookS);
    expect(record.metrics.unheard_words).toBe(
      12 - (cut?.content ?? "").split(" ").filter((word) => word !== "").length,
    );
  });

  it("tell words that let the agent go on from those that cut it off", async () => {
    const call = await startSession({
      rate: 1,
      llm: new FakeLLM([]),
      session: {
        turnHandling: {
          turnDetection: "stt",
          interruption: { mode: "vad", minDuration: 0, minWords: 3 },
          endpointing: { minDelay: 0, maxDelay: 0 },
        },
      },
    });
    const speech = call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.5);
    call.stt.startSpeech();
    call.stt.finalTranscript("mhm", { words: [["mhm", 0, 0.2]] });
    await speech.waitForPlayout();
    const record = await call.finish();
    records.push(record);
    expect(agentMessages(record)).toMatchObject([{ delivery: "full", content: COUNT }]);
    expect(record.metrics).toMatchObject({ interruptions: 0, backchannels: 1 });
  });

  it("name the LLM behind a reply, and what each model was used for", async () => {
    const llm = new FakeLLM([{ input: "hello", content: "Hi there." }]);
    Object.defineProperty(llm, "model", { value: "scribe-3" });
    const call = await startSession({ llm });
    const answered = call.next("conversation_item_added", isAnswer);
    call.userSays("hello");
    await answered;
    const used: metrics.LLMMetrics = {
      type: "llm_metrics",
      label: "test",
      requestId: "r_1",
      timestamp: Date.now(),
      durationMs: 700,
      ttftMs: 200,
      cancelled: false,
      completionTokens: 12,
      promptTokens: 340,
      promptCachedTokens: 256,
      totalTokens: 352,
      tokensPerSecond: 17,
      metadata: { modelProvider: "scribes", modelName: "scribe-3" },
    };
    llm.emit("metrics_collected", used);
    // The test's own TTS does not measure itself, as LiveKit's plugins do.
    (call.session.tts as tts.TTS).emit("metrics_collected", {
      type: "tts_metrics",
      label: "test",
      requestId: "r_2",
      timestamp: Date.now(),
      ttfbMs: 90,
      durationMs: 300,
      audioDurationMs: 450,
      cancelled: false,
      charactersCount: 9,
      streamed: true,
      metadata: { modelProvider: "mouth piece", modelName: "lips-2" },
    });
    const record = await call.finish();
    records.push(record);
    expect(agentMessages(record)).toMatchObject([{ content: "Hi there.", llm_model: "scribe-3" }]);
    expect(record.session.usage).toContainEqual({
      kind: "llm",
      provider: "scribes",
      model: "scribe-3",
      input_tokens: 340,
      cached_input_tokens: 256,
      output_tokens: 12,
    });
    expect(record.session.usage).toContainEqual({
      kind: "tts",
      provider: "mouth piece",
      model: "lips-2",
      characters: 9,
      audio_s: 0.45,
    });
  });

  it("are those that an OTLP endpoint got", async () => {
    await telemetry.flush();
    expect({ problems, refusals: receiver.refusals }).toEqual({ problems: [], refusals: [] });
    const total = (pick: (record: Conversation) => number): number =>
      records.reduce((all, record) => all + pick(record), 0);
    expect(records).toHaveLength(3);
    expect(sum("talktrace.conversations")).toBe(3);
    expect(sum("talktrace.messages", { "talktrace.role": "user" })).toBe(
      total(({ metrics: { user_messages } }) => user_messages),
    );
    expect(sum("talktrace.messages", { "talktrace.role": "agent" })).toBe(
      total(({ metrics: { agent_messages } }) => agent_messages),
    );
    expect(sum("talktrace.interruptions")).toBe(
      total(({ metrics: { interruptions } }) => interruptions),
    );
    expect(sum("talktrace.backchannels")).toBe(
      total(({ metrics: { backchannels } }) => backchannels ?? 0),
    );
    expect(sum("talktrace.speech", { "talktrace.role": "agent" })).toBeCloseTo(
      total(({ metrics: { agent_speech_s } }) => agent_speech_s),
      5,
    );
    const latencies = records.flatMap(agentMessages).flatMap(({ latency }) => latency ?? []);
    const waits = latencies.filter(({ e2e_s }) => e2e_s !== undefined);
    expect(sum("talktrace.reply.wait")).toBeCloseTo(
      waits.reduce((all, { e2e_s }) => all + (e2e_s ?? 0), 0),
      5,
    );
    expect(sum("talktrace.reply.stage")).toBeCloseTo(
      waits.flatMap(splitIntoStages).reduce((all, stage) => all + durationOf(stage), 0),
      5,
    );
    expect(sum("talktrace.record.lost")).toBe(0);
  });
});
