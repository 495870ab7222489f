import { llm, runWithJobContextAsync, voice } from "@livekit/agents";
import * as cartesia from "@livekit/agents-plugin-cartesia";
import * as openai from "@livekit/agents-plugin-openai";
import { expect, onTestFinished } from "vitest";
import { z } from "zod";
import { CallerMicrophone } from "../../src/demo/caller-microphone.js";
import { type AgentMessage, sumStages } from "../../src/record/index.js";
import { startCartesiaStandIn } from "../../src/demo/stand-ins/cartesia.js";
import { ScriptedSpeechToText } from "../livekit/support/fake-models.js";
import { FakeRealtime } from "./support/fake-realtime.js";
import { FakeRoom, createJob } from "./support/fake-room.js";
import { type Call, type CallOptions, holdCall } from "./support/hold-call.js";
import { startOpenAIRealtime } from "./support/openai-realtime.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

/** What an answer of a realtime model to speech is timed by. */
const WAIT = ["speech_end", "transcript_final", "turn_committed"];
const THOUGHT = ["llm_start", "llm_first_token"];
const VOICE = ["tts_first_byte", "playback_start", "playback_end"];
const LONG = "We are open from nine in the morning until six in the evening.";

const recorder = useRecorder();

const every = (...marks: string[]): unknown => expect.arrayContaining(marks);

function hold(model: FakeRealtime, options: CallOptions = {}) {
  return holdCall(recorder, {
    ...options,
    session: { llm: model, turnHandling: {}, ...options.session },
  });
}

/** The model hears what the user says and answers, and the answer is heard out. */
async function converse(
  call: Call,
  model: FakeRealtime,
  heard: string,
  ...answer: Parameters<FakeRealtime["current"]["answer"]>
): Promise<void> {
  await call.answerTo(() => {
    model.current.startSpeech();
    model.current.endSpeech();
    model.current.transcribe(heard);
    model.current.answer(...answer);
  });
}

/** A stand-in for Cartesia that lasts as long as the test. */
async function startCartesia(): Promise<cartesia.TTS> {
  const standIn = await startCartesiaStandIn({
    apiKey: "key",
    firstByteDelayMs: 1,
    synthesisSpeed: 64,
    faults: [],
  });
  onTestFinished(() => standIn.stop());
  return new cartesia.TTS({ apiKey: "key", baseUrl: standIn.url });
}

row(
  {
    id: "realtime/audio",
    agent: "has a realtime model that hears and speaks",
    record:
      "both sides under `<provider>_realtime`, with the model's words, and latency without the marks of a TTS",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model);
    await call.answerTo(() => {
      model.current.startSpeech();
      model.current.endSpeech();
      model.current.transcribe("hel", false);
      model.current.transcribe("hello");
      model.current.answer("Hi, how are you?");
    });
    const { said, unspoken, events, marks, record, spans } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
    ]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(record.conversation.map(({ turn_id, model: name }) => [turn_id, name])).toEqual([
      ["t_1", "parley-1"],
      ["t_1", "parley-1"],
    ]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
    expect(marks[0]).not.toContain("tts_start");
    expect(record.conversation[1]).toMatchObject({ latency: { e2e_s: expect.any(Number) } });
    expect(spans.map(({ name }) => name)).toContain("text_to_speech parley-1");
    expect(call.problems).toEqual([]);
  },
);

row(
  {
    id: "realtime/tool",
    agent: "has a realtime model that calls a tool before it answers",
    record:
      "the call, and its part of the wait: `tool_llm_start` is when the model began the response with the call",
  },
  async () => {
    const model = new FakeRealtime();
    const lookUp = llm.tool({
      name: "look_up",
      description: "Finds an order",
      parameters: z.object({ order: z.number() }),
      execute: async () => "It is on its way.",
    });
    const agent = new voice.Agent({ instructions: "Answer.", tools: [lookUp] });
    const call = await hold(model, { agent });
    const exchange = async (asked: string, answer: () => void) => {
      await call.answerTo(() => {
        model.current.startSpeech();
        model.current.endSpeech();
        model.current.transcribe(asked);
        answer();
      });
    };
    await exchange("hello", () => model.current.answer("Hi."));
    await exchange("where is order 4271", () => model.current.callTool("look_up", { order: 4271 }));
    const { said, events, marks, record } = await call.finish();

    expect(said.map(([, content]) => content)).toEqual([
      "hello",
      "Hi.",
      "where is order 4271",
      "I was told: nothing",
    ]);
    expect(events.map(([type, data]) => [type, data["name"]])).toEqual([["tool_call", "look_up"]]);
    const tool = ["tool_llm_start", "tool_llm_first_token", "tool_start", "tool_end"];
    expect(marks).toEqual([
      every(...WAIT, ...THOUGHT, ...VOICE),
      every(...WAIT, ...tool, ...VOICE),
    ]);
    expect(marks[0]).not.toContain("tool_llm_start");
    const { tool_llm_start: askedS = -1, tool_start: ranS = -1 } =
      (record.conversation[3] as AgentMessage).latency?.marks ?? {};
    // The answer to "hello" had begun long before the user had asked for anything.
    expect(askedS).toBeGreaterThanOrEqual(-0.002);
    expect(ranS).toBeGreaterThanOrEqual(askedS);
  },
);

row(
  {
    id: "realtime/late-transcript",
    agent: "has a realtime model that answers before it tells what it heard",
    record:
      "the words before their answer, in its turn, with the end of the speech as their `timestamp`",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model);
    const exchange = async (asked: string, answer: string) => {
      await call.answerTo(() => {
        model.current.startSpeech();
        model.current.endSpeech();
        model.current.answer(answer);
      });
      model.current.transcribe(asked);
    };
    await exchange("hello", "Hi, how are you?");
    await exchange("goodbye", "See you soon.");
    const { said, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
      ["user", "goodbye", "acme_realtime"],
      ["agent", "See you soon.", "acme_realtime", "full"],
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_2", "t_2"]);
    const timed = every("speech_end", "turn_committed", ...THOUGHT, ...VOICE);
    expect(marks).toEqual([timed, timed]);
    // Nobody waited for the words: the model was only to be sure that the user had finished.
    const [, reply] = record.conversation as AgentMessage[];
    expect(sumStages(reply?.latency ?? { marks: {} }).map(({ name }) => name)).toEqual([
      "end_of_turn",
      "dispatch",
      "llm",
      "text_to_speech",
      "playback",
    ]);
  },
);

row(
  {
    id: "realtime/revised-transcript",
    agent: "has a realtime model that revises a transcript",
    record: "one message: the first words as `content`, the revised ones as `taken_as`",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model);
    await call.answerTo(() => {
      model.current.startSpeech();
      model.current.endSpeech();
      model.current.transcribe("a table for too", true, "item_a");
      model.current.answer("For two, of course.");
    });
    model.current.transcribe("a table for two", true, "item_a");
    const { said, record } = await call.finish();

    expect(said).toEqual([
      ["user", "a table for too", "acme_realtime"],
      ["agent", "For two, of course.", "acme_realtime", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ taken_as: "a table for two" });
  },
);

row(
  {
    id: "realtime/stt-beside",
    agent: "has a realtime model that tells what it hears, and an STT beside it",
    record: "the model's words, each once; LiveKit ignores the STT's words, and so does the record",
  },
  async () => {
    const model = new FakeRealtime();
    const ears = new ScriptedSpeechToText();
    const call = await hold(model, { session: { stt: ears } });
    await ears.untilListening();
    const exchange = async (asked: string, misheard: string, answer: string) => {
      await call.answerTo(() => {
        model.current.startSpeech();
        ears.say(misheard);
        model.current.endSpeech();
        model.current.transcribe(asked);
        model.current.answer(answer);
      });
      // An STT may also be the slower one.
      ears.finalTranscript(misheard);
    };
    await exchange("hello", "hello", "Hi, how are you?");
    await exchange("goodbye", "good buy", "See you soon.");
    const { said, unspoken, events, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
      ["user", "goodbye", "acme_realtime"],
      ["agent", "See you soon.", "acme_realtime", "full"],
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_2", "t_2"]);
    expect(record.conversation[2]).not.toHaveProperty("taken_as");
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
  },
);

row(
  {
    id: "realtime/stt-for-it",
    agent: "has a realtime model that does not tell what it hears, and an STT that does",
    record:
      "the user under `<provider>_stt`, in the turns that the model's server finds, also where the words come after the answer",
  },
  async () => {
    const model = new FakeRealtime({ userTranscription: false });
    const ears = new ScriptedSpeechToText();
    const call = await hold(model, { session: { stt: ears } });
    await ears.untilListening();
    await call.answerTo(() => {
      model.current.startSpeech();
      ears.finalTranscript("hello");
      model.current.endSpeech();
      model.current.answer("Hi, how are you?");
    });
    await call.answerTo(() => {
      model.current.startSpeech();
      model.current.endSpeech();
      model.current.answer("See you soon.");
    });
    const told = call.next("user_input_transcribed");
    ears.finalTranscript("goodbye");
    await told;
    const { said, unspoken, events, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
      ["user", "goodbye", "earwig_stt"],
      ["agent", "See you soon.", "acme_realtime", "full"],
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_2", "t_2"]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    const timed = every("speech_end", "turn_committed", ...THOUGHT, ...VOICE);
    expect(marks).toEqual([timed, timed]);
  },
);

row(
  {
    id: "realtime/interrupted",
    agent: "has a realtime model that is cut off",
    record:
      "what was heard of the answer, `partial`, and the whole as `generated`; the model is truncated to the same",
    runsAlone: true,
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model, { rate: 2 });
    const answered = call.answer();
    model.current.startSpeech();
    model.current.endSpeech();
    model.current.transcribe("when are you open");
    model.current.answer(LONG);
    await call.loudspeaker.waitUntilHeard(0, 1);
    model.current.startSpeech();
    await answered;
    model.current.endSpeech();
    model.current.transcribe("thank you");
    const { said, unspoken, record } = await call.finish();

    const [, answer, thanks] = record.conversation;
    expect(said).toEqual([
      ["user", "when are you open", "acme_realtime"],
      ["agent", answer?.content, "acme_realtime", "partial"],
      ["user", "thank you", "acme_realtime"],
    ]);
    expect(LONG.startsWith(answer?.content ?? "-")).toBe(true);
    expect(answer).toMatchObject({ generated: LONG, interrupted_by: thanks?.id });
    expect(unspoken).toEqual([]);
    // What the model was told to forget is what the record says was not heard.
    const [truncation] = model.current.truncations;
    const heardS = call.loudspeaker.segments[0]?.heardSeconds ?? 0;
    expect(truncation?.audioEndMs).toBeCloseTo(heardS * 1000, -1);
  },
);

row(
  {
    id: "realtime/two-messages",
    agent: "has a realtime model that speaks two messages in one response",
    record: "each message once, as it was heard",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model);
    await call.answerTo(() => {
      model.current.startSpeech();
      model.current.endSpeech();
      model.current.transcribe("where is my order");
      model.current.answerInMessages("Let me see.", "It left this morning.", "Anything else?");
    });
    const { said, unspoken, record } = await call.finish();

    expect(said).toEqual([
      ["user", "where is my order", "acme_realtime"],
      ["agent", "Let me see.", "acme_realtime", "full"],
      ["agent", "It left this morning.", "acme_realtime", "full"],
      ["agent", "Anything else?", "acme_realtime", "full"],
    ]);
    for (const message of record.conversation) expect(message).not.toHaveProperty("shown");
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1", "t_1"]);
    expect(unspoken).toEqual([]);
  },
);

/** Cuts off `LONG`, which comes after `heardBefore` and before a message that is never played. */
async function cutOffInMessages(heardBefore: readonly string[]): Promise<void> {
  const model = new FakeRealtime();
  const call = await hold(model, { rate: 2 });
  const answered = call.answer();
  model.current.startSpeech();
  model.current.endSpeech();
  model.current.transcribe("when are you open");
  model.current.answerInMessages(...heardBefore, LONG, "Is there anything else?");
  await call.loudspeaker.waitUntilHeard(heardBefore.length, 1);
  model.current.startSpeech();
  await answered;
  model.current.endSpeech();
  model.current.transcribe("thank you");
  const { said, record } = await call.finish();

  const answer = record.conversation[1 + heardBefore.length];
  expect(said).toEqual([
    ["user", "when are you open", "acme_realtime"],
    ...heardBefore.map((text) => ["agent", text, "acme_realtime", "full"]),
    ["agent", answer?.content, "acme_realtime", "partial"],
    ["user", "thank you", "acme_realtime"],
  ]);
  for (const message of record.conversation) expect(message).not.toHaveProperty("shown");
  expect(answer).toMatchObject({ generated: LONG, interrupted_by: expect.any(String) });
  expect(record.unspoken).toMatchObject([
    { content: "Is there anything else?", reason: "discarded", turn_id: "t_1" },
  ]);
}

row(
  {
    id: "realtime/two-messages-cut-in-first",
    agent: "has a realtime model that is cut off in the first of several messages",
    record: "what was heard of the first, and the others among the `unspoken`",
    runsAlone: true,
  },
  () => cutOffInMessages([]),
);

row(
  {
    id: "realtime/two-messages-cut-in-second",
    agent: "has a realtime model that is cut off in the second of several messages",
    record:
      "the first as it was heard, what was heard of the second, the rest among the `unspoken`",
    runsAlone: true,
  },
  () => cutOffInMessages(["Let me see."]),
);

row(
  {
    id: "realtime/tool-answer-while-user-speaks",
    agent: "has a realtime model whose tool is done once the user has begun to speak again",
    record: "the tool's answer in the turn that asked for it, and every figure plausible",
  },
  async () => {
    const model = new FakeRealtime();
    let finish: (() => void) | undefined;
    const lookUp = llm.tool({
      name: "look_up",
      description: "Finds an order",
      parameters: z.object({ order: z.number() }),
      execute: () =>
        new Promise<string>((resolve) => {
          finish = () => resolve("It is on its way.");
        }),
    });
    const agent = new voice.Agent({ instructions: "Answer.", tools: [lookUp] });
    const call = await hold(model, { agent });
    const answered = call.answer();
    model.current.startSpeech();
    model.current.endSpeech();
    model.current.transcribe("where is order 4271");
    model.current.callTool("look_up", { order: 4271 });
    await expect.poll(() => finish).toBeDefined();
    model.current.startSpeech();
    finish?.();
    model.current.endSpeech();
    model.current.transcribe("are you there");
    await answered;
    const { said, record, events } = await call.finish();

    expect(said.map(([, content]) => content)).toEqual([
      "where is order 4271",
      "are you there",
      "I was told: nothing",
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_2", "t_1"]);
    expect(events.map(([type]) => type)).toEqual(["tool_call"]);
    // The user spoke meanwhile, so the time since the question was no wait in silence.
    const { latency } = record.conversation[2] as AgentMessage;
    expect(latency).toMatchObject({ origin: "tool_start" });
    expect(latency).not.toHaveProperty("e2e_s");
  },
);

row(
  {
    id: "realtime/text-with-tts",
    agent: "has a realtime model that writes, and Cartesia that speaks",
    record:
      "the user under `<provider>_realtime`, and the agent under `cartesia_tts`, with word times",
  },
  async () => {
    const model = new FakeRealtime({ audioOutput: false });
    const call = await hold(model, { session: { tts: await startCartesia() } });
    await converse(call, model, "hello", "Hi, how are you?", ["text"]);
    const { said, unspoken, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "cartesia_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
    expect(record.conversation[1]).toMatchObject({ words: expect.any(Array) });
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, "tts_start", ...VOICE)]);
  },
);

row(
  {
    id: "realtime/text-without-voice",
    agent: "has a realtime model that writes, and no TTS",
    record: "the user under `<provider>_realtime`, and the agent under `text_output`",
  },
  async () => {
    for (const audioOutput of [false, true]) {
      const model = new FakeRealtime({ audioOutput });
      const call = await hold(model);
      await converse(call, model, "hello", "Hi, how are you?", ["text"]);
      const { said, unspoken } = await call.finish();

      expect(said).toEqual([
        ["user", "hello", "acme_realtime"],
        ["agent", "Hi, how are you?", "text_output", "full"],
      ]);
      expect(unspoken).toEqual([]);
    }
  },
);

row(
  {
    id: "realtime/asked",
    agent: "asks its realtime model for an answer by `generateReply()`",
    record: "the answer, and not the instructions",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model);
    await call.session.generateReply({ instructions: "Greet." }).waitForPlayout();
    const { said, unspoken, marks } = await call.finish();

    expect(said).toEqual([["agent", "I was told: Greet.", "acme_realtime", "full"]]);
    expect(unspoken).toEqual([]);
    expect(marks).toEqual([every("llm_first_token", ...VOICE)]);
  },
);

row(
  {
    id: "realtime/observed-late",
    agent: "is observed when its realtime model is in a call already",
    record: "what is said from then on",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await hold(model, { isObservedLate: true });
    await converse(call, model, "hello", "Hi, how are you?");
    const { said, unspoken } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
    ]);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "realtime/job-ends-first",
    agent: "has a realtime model, is observed late, and answers after its job has ended",
    record: "nothing of what is said after the job's end",
  },
  async () => {
    const model = new FakeRealtime();
    const job = createJob(new FakeRoom(), { id: "AJ_1" });
    const call = await runWithJobContextAsync(job, () => hold(model, { isObservedLate: true }));
    for (const end of job.shutdownCallbacks) await end();
    await converse(call, model, "hello", "Hi, how are you?");
    const { said, unspoken } = await call.finish();
    expect([said, unspoken]).toEqual([[], []]);
    expect(call.problems).toEqual([]);
  },
);

row(
  {
    id: "realtime/openai",
    agent: "has OpenAI's realtime model",
    record: "both sides under `openai_realtime`, and of an answer that is cut off what was heard",
    runsAlone: true,
  },
  async () => {
    const service = await startOpenAIRealtime();
    onTestFinished(() => service.stop());
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      rate: 4,
      session: {
        llm: new openai.realtime.RealtimeModel({ apiKey: "key", baseURL: service.url }),
        turnHandling: {},
      },
    });
    await service.untilHearing();
    await call.answerTo(() => {
      service.hear("hello");
      service.answer("Hi, how are you?");
    });
    const cut = call.answer();
    service.hear("when are you open");
    service.answer(LONG);
    await call.loudspeaker.waitUntilHeard(1, 1);
    service.hear("thank you");
    await cut;
    const { said, unspoken, marks, record } = await call.finish();

    const answer = record.conversation[3];
    expect(said).toEqual([
      ["user", "hello", "openai_realtime"],
      ["agent", "Hi, how are you?", "openai_realtime", "full"],
      ["user", "when are you open", "openai_realtime"],
      ["agent", answer?.content, "openai_realtime", "partial"],
      ["user", "thank you", "openai_realtime"],
    ]);
    expect(LONG.startsWith(answer?.content ?? "-")).toBe(true);
    expect(answer).toMatchObject({ generated: LONG, interrupted_by: record.conversation[4]?.id });
    expect(unspoken).toEqual([]);
    expect(marks).toEqual([
      every(...WAIT, ...THOUGHT, ...VOICE),
      every(...WAIT, ...THOUGHT, ...VOICE),
    ]);
  },
);

row(
  {
    id: "realtime/openai-text",
    agent: "has OpenAI's realtime model without its voice, and Cartesia",
    record: "the user under `openai_realtime`, and the agent under `cartesia_tts`",
  },
  async () => {
    const service = await startOpenAIRealtime();
    onTestFinished(() => service.stop());
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      agent: new voice.Agent({ instructions: "Answer." }),
      session: {
        llm: new openai.realtime.RealtimeModel({
          apiKey: "key",
          baseURL: service.url,
          modalities: ["text"],
        }),
        tts: await startCartesia(),
        turnHandling: {},
      },
    });
    await service.untilHearing();
    await call.answerTo(() => {
      service.hear("hello");
      service.answer("Hi, how are you?", "text");
    });
    const { said, unspoken } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "openai_realtime"],
      ["agent", "Hi, how are you?", "cartesia_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
  },
);
