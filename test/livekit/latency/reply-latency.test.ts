import { setTimeout as delay } from "node:timers/promises";
import { llm, voice } from "@livekit/agents";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { CallerMicrophone } from "../../../src/demo/caller-microphone.js";
import { findUtterance } from "../../../src/demo/read-utterances.js";
import {
  LATENCY_MARKS,
  type AgentMessage,
  type LatencyMark,
  type ToolRound,
  durationOf,
  splitIntoStages,
  sumStages,
} from "../../../src/record/index.js";
import { FakeRealtime } from "../../compat/support/fake-realtime.js";
import { ScriptedSpeechToText, SilentMicrophone } from "../support/fake-models.js";
import {
  type ObservedSession,
  agentMessages,
  isAnswer,
  recordSessions,
  startSession,
} from "../support/observed-session.js";

recordSessions();

const { FakeLLM } = voice.testing;
const HEARD: LatencyMark[] = ["speech_end", "transcript_final", "turn_committed"];
const THOUGHT: LatencyMark[] = ["llm_start", "llm_first_token"];
const SPOKEN: LatencyMark[] = ["tts_start", "tts_first_byte", "playback_start", "playback_end"];

function marksOf(message: AgentMessage | undefined): string[] {
  return Object.keys(message?.latency?.marks ?? {});
}

/** What follows the transcript falls in order, and what lies between adds up to the wait. */
function expectSound(message: AgentMessage | undefined): void {
  const { marks = {}, e2e_s } = message?.latency ?? {};
  const latency = message?.latency ?? { marks };
  // Without sound the end of speech is what the STT says it is, and that may come after the words.
  const inOrder = LATENCY_MARKS.slice(2).flatMap((mark) => marks[mark] ?? []);
  expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
  const stages = splitIntoStages(latency);
  const sum = stages.reduce((total, stage) => total + durationOf(stage), 0);
  expect(sum).toBeCloseTo(marks.playback_start ?? NaN, 9);
  expect(e2e_s ?? marks.playback_start).toBe(marks.playback_start);
}

function agentWithTool(toolMs: number): voice.Agent {
  return new voice.Agent({
    instructions: "",
    tools: {
      lookUp: llm.tool({
        description: "Looks up an order.",
        parameters: z.object({ order: z.string() }),
        execute: async ({ order }) => {
          await delay(toolMs);
          return `Order ${order} is on its way.`;
        },
      }),
    },
  });
}

const ASKS_TOOL = { name: "lookUp", args: { order: "A7" } };
const TOOL_ANSWER = '"Order A7 is on its way."';

async function ask(call: ObservedSession, text: string, replies = 1): Promise<void> {
  let count = 0;
  const answered = call.next(
    "conversation_item_added",
    (event: voice.ConversationItemAddedEvent) => isAnswer(event) && (count += 1) === replies,
  );
  call.userSays(text);
  await answered;
}

describe("the marks of a reply", () => {
  it("tell what the agent's own code took between a turn and its answer", async () => {
    class Careful extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        await delay(80);
      }
    }
    const call = await startSession({
      agent: new Careful({ instructions: "" }),
      llm: new FakeLLM([{ input: "hello", content: "Hi." }]),
    });
    await ask(call, "hello");
    const [reply] = agentMessages(await call.finish());
    expect(marksOf(reply)).toEqual([...HEARD, "turn_hook_end", ...THOUGHT, ...SPOKEN]);
    expectSound(reply);
    const hook = splitIntoStages(reply?.latency ?? { marks: {} }).find(
      ({ name }) => name === "turn_hook",
    );
    expect(hook && durationOf(hook)).toBeGreaterThanOrEqual(0.079);
  });

  it("tell both requests and the tool between them, where nothing was said before", async () => {
    const call = await startSession({
      agent: agentWithTool(60),
      llm: new FakeLLM([
        { input: "where is it", toolCalls: [ASKS_TOOL], ttft: 40 },
        { input: TOOL_ANSWER, content: "It is on its way.", ttft: 30 },
      ]),
    });
    await ask(call, "where is it");
    const [reply] = agentMessages(await call.finish());
    expect(marksOf(reply)).toEqual([
      ...HEARD,
      "tool_llm_start",
      "tool_llm_first_token",
      "tool_start",
      "tool_end",
      ...THOUGHT,
      ...SPOKEN,
    ]);
    expectSound(reply);
    const marks = reply?.latency?.marks ?? {};
    expect((marks.tool_end ?? 0) - (marks.tool_start ?? 0)).toBeGreaterThanOrEqual(0.058);
    expect((marks.tool_llm_first_token ?? 0) - (marks.tool_llm_start ?? 0)).toBeGreaterThanOrEqual(
      0.038,
    );
    expect(
      splitIntoStages({ marks })
        .map(({ name }) => name)
        .filter((name) => name === "unattributed"),
    ).toEqual([]);
  });

  it("tell each round apart, where a tool's answer led to another tool", async () => {
    const call = await startSession({
      agent: agentWithTool(50),
      llm: new FakeLLM([
        {
          input: "where are they",
          toolCalls: [ASKS_TOOL, { name: "lookUp", args: { order: "A8" } }],
          ttft: 40,
        },
        {
          input: '"Order A8 is on its way."',
          toolCalls: [{ name: "lookUp", args: { order: "B2" } }],
          ttft: 70,
        },
        { input: '"Order B2 is on its way."', content: "Both are on their way.", ttft: 30 },
      ]),
    });
    await ask(call, "where are they");
    const [reply] = agentMessages(await call.finish());
    const { marks = {}, tool_rounds: rounds = [] } = reply?.latency ?? {};
    expect(rounds).toEqual(
      [1, 2].map(() => ({
        llm_start_s: expect.any(Number),
        llm_first_token_s: expect.any(Number),
        start_s: expect.any(Number),
        end_s: expect.any(Number),
      })),
    );
    const [first, second] = rounds;
    expect(marks).toMatchObject({
      tool_llm_start: first?.llm_start_s,
      tool_llm_first_token: first?.llm_first_token_s,
      tool_start: first?.start_s,
      tool_end: second?.end_s,
    });
    const lasted = Object.fromEntries(
      sumStages(reply?.latency ?? { marks }).map(({ name, duration_s }) => [name, duration_s]),
    );
    const sumOf = (lengthOf: (round: ToolRound) => number) =>
      rounds.reduce((sum, round) => sum + lengthOf(round), 0);
    expect(lasted["tool"]).toBeCloseTo(
      sumOf(({ start_s, end_s = NaN }) => end_s - start_s),
      9,
    );
    expect(lasted["tool_llm"]).toBeCloseTo(
      sumOf(({ llm_start_s = NaN, llm_first_token_s = NaN }) => llm_first_token_s - llm_start_s),
      9,
    );
    expect(lasted["tool_llm"]).toBeGreaterThanOrEqual(0.107);
    expect(lasted["tool"]).toBeGreaterThanOrEqual(0.096);
    // The 70 ms in which the LLM chose the second tool are in no tool.
    const allTools = (marks.tool_end ?? 0) - (marks.tool_start ?? 0);
    expect(allTools - (lasted["tool"] ?? NaN)).toBeGreaterThanOrEqual(0.068);
    expect(lasted).not.toHaveProperty("unattributed");
    expectSound(reply);
  });

  it("begin with the tool, where something was said before it", async () => {
    const call = await startSession({
      agent: agentWithTool(40),
      llm: new FakeLLM([
        { input: "where is it", content: "Let me look.", toolCalls: [ASKS_TOOL] },
        { input: TOOL_ANSWER, content: "It is on its way." },
      ]),
    });
    await ask(call, "where is it", 2);
    const [preamble, reply] = agentMessages(await call.finish());
    expect(marksOf(preamble)).toEqual([...HEARD, ...THOUGHT, ...SPOKEN]);
    expect(preamble?.latency?.e2e_s).toBe(preamble?.latency?.marks.playback_start);
    expect(reply?.latency).toMatchObject({ origin: "tool_start", marks: { tool_start: 0 } });
    expect(marksOf(reply)).toEqual(["tool_start", "tool_end", ...THOUGHT, ...SPOKEN]);
    expect(reply?.latency).not.toHaveProperty("e2e_s");
    expectSound(preamble);
    expectSound(reply);
  });

  it("of say() in a turn are those of its own words, and the answer keeps its own", async () => {
    class Talker extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        await this.session.say("One moment.").waitForPlayout();
      }
    }
    const call = await startSession({
      agent: new Talker({ instructions: "" }),
      llm: new FakeLLM([{ input: "hello", content: "Hi." }]),
    });
    await ask(call, "hello", 2);
    const [said, answer] = agentMessages(await call.finish());
    // What ends the caller's wait is the first thing that is heard.
    expect(said?.latency).toMatchObject({ origin: "speech_end", e2e_s: expect.any(Number) });
    expect(marksOf(said)).toEqual([...HEARD, ...SPOKEN]);
    expect(answer?.latency?.origin).toBe("llm_start");
    expect(marksOf(answer)).toEqual([...THOUGHT, ...SPOKEN]);
    expectSound(said);
    expectSound(answer);
  });

  it("of an answer to typed words begin when those came", async () => {
    const call = await startSession({ llm: new FakeLLM([{ input: "hello", content: "Hi." }]) });
    await call.session.generateReply({ userInput: "hello" }).waitForPlayout();
    const [reply] = agentMessages(await call.finish());
    expect(reply?.latency).toMatchObject({ origin: "turn_committed" });
    expect(reply?.latency).not.toHaveProperty("e2e_s");
    expect(reply?.latency).not.toHaveProperty("speech_end_by");
    expect(marksOf(reply)).toEqual(["turn_committed", ...THOUGHT, ...SPOKEN]);
    expectSound(reply);
  });

  it("of an answer that was begun early add up to what the caller still waited", async () => {
    const call = await startSession({
      llm: new FakeLLM([{ input: "tea please", content: "Tea it is." }]),
      session: {
        turnHandling: {
          turnDetection: "stt",
          interruption: { mode: "vad" },
          endpointing: { minDelay: 0, maxDelay: 0 },
          preemptiveGeneration: { enabled: true, preemptiveTts: true },
        },
      },
    });
    const answered = call.next("conversation_item_added", isAnswer);
    call.stt.startSpeech();
    call.stt.preflightTranscript("tea please");
    await call.untilSynthesised("Tea it is.");
    call.stt.finalTranscript("tea please");
    call.stt.endSpeech();
    await answered;
    const [reply] = agentMessages(await call.finish());
    const { marks = {}, e2e_s } = reply?.latency ?? {};
    expect(marks.llm_start).toBeLessThan(marks.turn_committed ?? -Infinity);
    const stages = splitIntoStages({ marks });
    expect(stages.reduce((sum, stage) => sum + durationOf(stage), 0)).toBeCloseTo(e2e_s ?? NaN, 9);
    expect(stages.every((stage) => durationOf(stage) >= 0)).toBe(true);
  });

  it("of a realtime model are the end of speech and what was heard of its answer", async () => {
    const model = new FakeRealtime();
    const call = await startSession({ llm: model });
    const answered = call.next("conversation_item_added", isAnswer);
    model.current.startSpeech();
    model.current.endSpeech();
    model.current.transcribe("hello");
    model.current.answer("Hi, how are you?");
    await answered;
    const [reply] = agentMessages(await call.finish());
    expect(reply?.latency).toMatchObject({
      origin: "speech_end",
      speech_end_by: "realtime",
      e2e_s: reply?.latency?.marks.playback_start,
    });
    expect(marksOf(reply)).toEqual([
      "speech_end",
      "transcript_final",
      "turn_committed",
      "llm_start",
      "llm_first_token",
      "tts_first_byte",
      "playback_start",
      "playback_end",
    ]);
    expectSound(reply);
  });

  it("end where an interrupted reply fell silent", async () => {
    const call = await startSession({ rate: 1 });
    call.session.say("one two three four five six seven eight nine ten");
    await call.loudspeaker.waitUntilHeard(0, 0.4);
    await call.session.interrupt({ force: true }).await;
    const [reply] = agentMessages(await call.finish());
    const { playback_start = NaN, playback_end = NaN } = reply?.latency?.marks ?? {};
    const heardS = call.loudspeaker.segments[0]?.heardSeconds ?? NaN;
    expect(reply?.delivery).toBe("partial");
    expect(Math.abs(playback_end - playback_start - heardS)).toBeLessThan(0.1);
  });
});

describe("the end of speech", () => {
  /** A session whose caller really speaks, and whose STT the test plays. */
  async function hearCaller(options: { observe?: "before" | "after"; swap?: boolean } = {}) {
    const stt = new ScriptedSpeechToText();
    const microphone = new CallerMicrophone();
    const call = await startSession({
      stt,
      microphone: options.swap === true ? new SilentMicrophone() : microphone,
      llm: new FakeLLM([{ input: "where is my parcel", content: "On its way." }]),
      ...(options.observe === undefined ? {} : { observe: options.observe }),
    });
    if (options.swap === true) {
      // LiveKit reads from another input when an agent gets the word.
      call.session.input.audio = microphone;
      call.session.updateAgent(new voice.Agent({ instructions: "" }));
      await vi.waitUntil(() => microphone.stream.locked);
    }
    stt.startSpeech();
    await microphone.speak(findUtterance("where-is-my-parcel"));
    // The STT is slow to notice: by so much LiveKit's figures are wrong.
    await delay(400);
    const answered = call.next("conversation_item_added", isAnswer);
    stt.finalTranscript("where is my parcel");
    stt.endSpeech();
    await answered;
    const record = await call.finish();
    await microphone.close();
    return record;
  }

  it.each([
    ["from the start", {}],
    ["when observed late", { observe: "after" as const }],
    ["from another microphone", { swap: true }],
  ])("is the caller's last sound, %s", async (_, options) => {
    const record = await hearCaller(options);
    const [reply] = agentMessages(record);
    expect(reply?.latency?.speech_end_by).toBe("audio");
    // 400 ms of silence passed before the transcript, whatever else the machine was busy with.
    expect(reply?.latency?.marks.transcript_final).toBeGreaterThan(0.38);
    expectSound(reply);
    const [user] = record.conversation;
    expect(user?.audio).toMatchObject({ gaps: expect.any(Number) });
    expect(user?.audio?.level_dbfs).toBeGreaterThan(-25);
    expect(user?.audio?.level_dbfs).toBeLessThan(-8);
    expect(user?.audio?.duration_s).toBeGreaterThan(1.9);
    expect(user?.audio?.duration_s).toBeLessThan(2.5);
  });
});
