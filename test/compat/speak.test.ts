import { ReadableStream } from "node:stream/web";
import { setTimeout as delay } from "node:timers/promises";
import { llm, voice } from "@livekit/agents";
import { AudioFrame, type Room } from "@livekit/rtc-node";
import { expect } from "vitest";
import { z } from "zod";
import { sumStages } from "../../src/record/index.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { EstimatingLoudspeaker } from "../livekit/support/estimating-loudspeaker.js";
import { type Call, type CallOptions, holdCall } from "./support/hold-call.js";
import type { ReadBack } from "./support/read-back.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

const { FakeLLM } = voice.testing;
const recorder = useRecorder();

const HELLO = [{ input: "hello", content: "Hi, how are you?" }];
const HEARD = [
  ["user", "hello", "earwig_stt"],
  ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
];
const COUNT = "one two three four five six seven eight nine ten";
const WAIT = ["speech_end", "transcript_final", "turn_committed", "playback_start"];
const HEARD_MARKS = ["speech_end", "transcript_final", "turn_committed"];
const VOICE = ["tts_start", "tts_first_byte", "playback_start"];
const every = (...marks: string[]) => expect.arrayContaining(marks) as unknown;
const voiced = (text: string) => ["agent", text, "mouth_piece_tts", "full"];

type SpeakOptions = CallOptions & { session?: CallOptions["session"] };

async function hold(options: SpeakOptions = {}): Promise<Call & { ears: ScriptedSpeechToText }> {
  const ears = new ScriptedSpeechToText();
  const call = await holdCall(recorder, {
    ...options,
    session: {
      stt: ears,
      tts: new ScriptedTextToSpeech(),
      llm: new FakeLLM(HELLO),
      ...options.session,
    },
  });
  await ears.untilListening();
  return Object.assign(call, { ears });
}

function frames(seconds: number, pieceS = seconds): ReadableStream<AudioFrame> {
  const samples = Math.round(pieceS * 24_000);
  return new ReadableStream<AudioFrame>({
    start(controller) {
      for (let atS = 0; atS < seconds; atS += pieceS)
        controller.enqueue(new AudioFrame(new Int16Array(samples), 24_000, 1, samples));
      controller.close();
    },
  });
}

function textStream(...pieces: string[]): ReadableStream<string> {
  return ReadableStream.from(pieces);
}

row(
  {
    id: "speak/say-text",
    agent: "calls `say()` with a text",
    record: "one message, whose times count from the text, because nobody waited",
  },
  async () => {
    const call = await hold();
    await call.session.say("Welcome to the clinic.").waitForPlayout();
    const { said, unspoken, events, marks, record } = await call.finish();
    expect(said).toEqual([voiced("Welcome to the clinic.")]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(marks).toEqual([every(...VOICE)]);
    expect(record.conversation[0]).toMatchObject({ latency: { origin: "tts_start" } });
  },
);

row(
  { id: "speak/say-stream", agent: "calls `say()` with a stream of text", record: "one message" },
  async () => {
    const call = await hold();
    await call.session.say(textStream("Welcome ", "to the ", "clinic.")).waitForPlayout();
    const { said, marks } = await call.finish();
    expect(said).toEqual([voiced("Welcome to the clinic.")]);
    expect(marks).toEqual([every(...VOICE)]);
  },
);

row(
  {
    id: "speak/say-out-of-the-chat",
    agent: "calls `say()` with `addToChatCtx: false`",
    record: "one message, because it was spoken",
  },
  async () => {
    const call = await hold();
    await call.session.say("One moment please.", { addToChatCtx: false }).waitForPlayout();
    await call.answerTo(() => call.ears.say("hello"));
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([voiced("One moment please."), ...HEARD]);
    expect(record.conversation.filter((message) => "shown" in message)).toEqual([]);
    expect(marks).toEqual([every(...VOICE), every(...WAIT)]);
  },
);

row(
  {
    id: "speak/ready-audio",
    agent: "calls `say()` with a text and prerecorded audio, and has no TTS at all",
    record:
      "`audio_output`, with the text that was given and what was heard of it; audio without a text is no speech",
    runsAlone: true,
  },
  async () => {
    const ears = new ScriptedSpeechToText();
    const call = await holdCall(recorder, { session: { stt: ears }, rate: 2 });
    await ears.untilListening();
    await call.session.say("Spoken by a file.", { audio: frames(0.5) }).waitForPlayout();
    await call.session
      .say(textStream("And by ", "another."), { audio: frames(0.5), addToChatCtx: false })
      .waitForPlayout();
    // A chime has no words: it is not speech.
    await call.session.say("", { audio: frames(0.1) }).waitForPlayout();
    const cut = call.session.say(COUNT, { audio: frames(5, 0.1) });
    await call.loudspeaker.waitUntilHeard(3, 2);
    cut.interrupt(true);
    await cut.waitForPlayout();
    const { said, unspoken, marks, record, spans } = await call.finish();
    expect(said.slice(0, 2)).toEqual([
      ["agent", "Spoken by a file.", "audio_output", "full"],
      ["agent", "And by another.", "audio_output", "full"],
    ]);
    expect(record.conversation[2]).toMatchObject({
      source: "audio_output",
      delivery: "partial",
      generated: COUNT,
      heard_by: "duration_ratio",
    });
    expect(said).toHaveLength(3);
    expect(unspoken).toEqual([]);
    // No service was waited for, and nobody waited.
    expect(marks[0]).not.toContain("tts_start");
    const operations = spans.map(({ attributes }) => attributes["gen_ai.operation.name"]);
    expect(operations).not.toContain("text_to_speech");
  },
);

row(
  {
    id: "speak/ready-audio-refused",
    agent:
      "calls `say()` with prerecorded audio that LiveKit refuses, because the session has closed",
    record: "nothing; the audio is not consumed, so it can be used elsewhere",
  },
  async () => {
    const call = await holdCall(recorder, { session: { stt: new ScriptedSpeechToText() } });
    const { said, unspoken } = await call.finish();
    const audio = frames(0.1);
    expect(() => call.session.say("Too late.", { audio })).toThrow("AgentSession is not running");
    expect(audio.locked).toBe(false);
    expect([said, unspoken]).toEqual([[], []]);
  },
);

row(
  {
    id: "speak/ready-audio-answers",
    agent: "answers the user with prerecorded audio",
    record: "the audio in the turn that it answers, with `playback_start`",
  },
  async () => {
    class Operator extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        this.session.say("Yes?", { audio: frames(0.2) });
        throw new voice.StopResponse();
      }
    }
    const call = await hold({ agent: new Operator({ instructions: "" }) });
    await call.answerTo(() => call.ears.say("hello"));
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Yes?", "audio_output", "full"],
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1"]);
    expect(marks).toEqual([every("turn_committed", "playback_start")]);
  },
);

row(
  {
    id: "speak/instructions",
    agent: "calls `generateReply({ instructions })`",
    record: "the reply alone, because instructions are no speech",
  },
  async () => {
    const call = await hold({
      session: {
        llm: new FakeLLM([{ input: "instructions:Greet the caller.", content: "Hello!" }]),
      },
    });
    await call.session
      .generateReply({ instructions: "instructions:Greet the caller." })
      .waitForPlayout();
    const { said, unspoken, marks } = await call.finish();
    expect(said).toEqual([voiced("Hello!")]);
    expect(unspoken).toEqual([]);
    expect(marks).toEqual([every("llm_start", "llm_first_token", ...VOICE)]);
  },
);

row(
  {
    id: "speak/typed-input",
    agent: "calls `generateReply({ userInput })`",
    record: "the user's words as `text_input`, and the reply",
  },
  async () => {
    const call = await hold();
    await call.session.generateReply({ userInput: "hello" }).waitForPlayout();
    const { said, marks } = await call.finish();
    expect(said).toEqual([["user", "hello", "text_input"], voiced("Hi, how are you?")]);
    expect(marks).toEqual([every("turn_committed", "llm_start", ...VOICE)]);
    expect(marks[0]).not.toContain("speech_end");
  },
);

const SLOW_TOOL = [
  { input: "where is it", toolCalls: [{ name: "lookUp", args: { order: "A7" } }] },
  { input: '"On its way."', content: "It is on its way." },
];

/** An agent with a tool that waits for the test. */
function createClerk(work: (context: voice.RunContext) => Promise<string>): voice.Agent {
  return new voice.Agent({
    instructions: "",
    tools: {
      lookUp: llm.tool({
        description: "Looks up an order.",
        parameters: z.object({ order: z.string() }),
        execute: (_args, { ctx }) => work(ctx),
      }),
    },
  });
}

row(
  {
    id: "speak/filler-while-a-tool-runs",
    agent: "says something while a tool runs",
    record: "that message, `tool_call` and the reply in one turn",
  },
  async () => {
    const agent = createClerk(async ({ session }) => {
      await session.say("Let me look.").waitForPlayout();
      return "On its way.";
    });
    const call = await hold({ agent, session: { llm: new FakeLLM(SLOW_TOOL) } });
    const answered = call.next<voice.ConversationItemAddedEvent>(
      "conversation_item_added",
      ({ item }) => item.type === "message" && item.textContent === "It is on its way.",
    );
    call.ears.say("where is it");
    await answered;
    const { said, events, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "where is it", "earwig_stt"],
      voiced("Let me look."),
      voiced("It is on its way."),
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1"]);
    expect(events).toMatchObject([
      ["tool_call", { name: "lookUp", arguments: '{"order":"A7"}', output: '"On its way."' }],
    ]);
    expect(marks).toEqual([every(...WAIT), every("llm_start", ...VOICE)]);
  },
);

const IN_TOOL = ["tool_llm_start", "tool_llm_first_token", "tool_start"];

/** What a tool takes until it has something said, and what the record says of both. */
async function holdFillerCall(
  fill: (session: voice.AgentSession) => voice.SpeechHandle,
): Promise<ReadBack> {
  const agent = createClerk(async ({ session }) => {
    await delay(120);
    await fill(session).waitForPlayout();
    return "On its way.";
  });
  const replies = [
    { ...SLOW_TOOL[0]!, ttft: 60 },
    SLOW_TOOL[1]!,
    { input: "instructions:Tell them to wait.", content: "Please wait." },
  ];
  const call = await hold({ agent, session: { llm: new FakeLLM(replies) } });
  const answered = call.next<voice.ConversationItemAddedEvent>(
    "conversation_item_added",
    ({ item }) => item.type === "message" && item.textContent === "It is on its way.",
  );
  call.ears.say("where is it");
  await answered;
  return call.finish();
}

function expectTool({ record }: ReadBack): void {
  const [filler, answer] = record.conversation.flatMap((message) =>
    message.role === "agent" ? [message] : [],
  );
  const latency = filler?.latency ?? { marks: {} };
  const lasted = Object.fromEntries(
    sumStages(latency).map(({ name, duration_s }) => [name, duration_s]),
  );
  expect(lasted["tool_llm"]).toBeGreaterThanOrEqual(0.059);
  expect(lasted["tool"]).toBeGreaterThanOrEqual(0.118);
  expect(lasted).not.toHaveProperty("unattributed");
  const sum = Object.values(lasted).reduce((total, each) => total + each, 0);
  expect(sum).toBeCloseTo(filler?.latency?.e2e_s ?? NaN, 9);
  expect(answer?.latency).toMatchObject({ origin: "tool_start" });
  expect(record.metrics.e2e_s).toMatchObject({ n: 1 });
}

row(
  {
    id: "speak/say-in-a-tool",
    agent: "has a tool that takes its time, and then calls `say()`",
    record:
      "the wait on that message: the LLM request that asked for the tool, and `tool` until `say()`; it has no `llm_*` and no `llm_model`, because no LLM made its words",
  },
  async () => {
    const told = await holdFillerCall((session) => session.say("Let me look."));
    expectTool(told);
    expect(told.marks).toEqual([
      [...HEARD_MARKS, ...IN_TOOL, ...VOICE, "playback_end"],
      ["tool_start", "tool_end", "llm_start", "llm_first_token", ...VOICE, "playback_end"],
    ]);
    const [, filler] = told.record.conversation;
    // No LLM made the words.
    expect(filler).not.toHaveProperty("llm_model");
  },
);

row(
  {
    id: "speak/reply-in-a-tool",
    agent: "has a tool that takes its time, and then calls `generateReply()`",
    record:
      "the wait on that message: the LLM request that asked for the tool, `tool`, and the message's own LLM request",
  },
  async () => {
    const told = await holdFillerCall((session) =>
      session.generateReply({
        instructions: "instructions:Tell them to wait.",
        toolChoice: "none",
      }),
    );
    expectTool(told);
    expect(told.said[1]).toEqual(voiced("Please wait."));
    const thought = ["llm_start", "llm_first_token"];
    expect(told.marks).toEqual([
      [...HEARD_MARKS, ...IN_TOOL, ...thought, ...VOICE, "playback_end"],
      ["tool_start", "tool_end", ...thought, ...VOICE, "playback_end"],
    ]);
  },
);

row(
  {
    id: "speak/late-tool-answer",
    agent: "speaks a tool's answer after it has answered something else",
    record: "the answer in its own turn, without `e2e_s`, because nobody waited for it in silence",
  },
  async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let begin: () => void = () => undefined;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const agent = createClerk(async () => {
      begin();
      await opened;
      return "On its way.";
    });
    const replies = [...SLOW_TOOL, { input: "forget it", content: "Fine." }];
    const call = await hold({ agent, session: { llm: new FakeLLM(replies) } });
    const untilSaid = (text: string) =>
      call.next<voice.ConversationItemAddedEvent>(
        "conversation_item_added",
        ({ item }) => item.type === "message" && item.textContent === text,
      );
    call.ears.say("where is it");
    await began;
    const other = untilSaid("Fine.");
    call.ears.say("forget it");
    await other;
    const answered = untilSaid("It is on its way.");
    open();
    await answered;
    const { record } = await call.finish();
    const waits = record.conversation.flatMap((message) =>
      message.role === "agent"
        ? [[message.content, message.turn_id, message.latency?.e2e_s !== undefined]]
        : [],
    );
    expect(waits).toEqual([
      ["Fine.", "t_2", true],
      ["It is on its way.", "t_1", false],
    ]);
    expect(record.metrics.e2e_s).toMatchObject({ n: 1 });
  },
);

row(
  {
    id: "speak/several-replies",
    agent: "gives several replies to one turn",
    record: "each as a message of that turn; the first ends the wait",
  },
  async () => {
    const call = await hold({
      session: {
        llm: new FakeLLM([
          ...HELLO,
          { input: "instructions:Ask for the name.", content: "What is your name?" },
        ]),
      },
    });
    await call.answerTo(() => call.ears.say("hello"));
    await call.session
      .generateReply({ instructions: "instructions:Ask for the name." })
      .waitForPlayout();
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([...HEARD, voiced("What is your name?")]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1"]);
    // Only the first ended the wait.
    expect(marks[1]).not.toContain("speech_end");
  },
);

row(
  {
    id: "speak/queued",
    agent: "queues speech behind other speech",
    record:
      "the messages in the order of speaking; what was interrupted before its turn was never given to a TTS and is in no record",
    runsAlone: true,
  },
  async () => {
    const call = await hold({ rate: 2 });
    const first = call.session.say("The first of three.");
    const second = call.session.say("The second of three.");
    await first.waitForPlayout();
    await second.waitForPlayout();
    const third = call.session.say(COUNT);
    const fourth = call.session.say("Never said.");
    await call.loudspeaker.waitUntilHeard(2, 0.5);
    await call.session.interrupt({ force: true }).await;
    await Promise.all([third.waitForPlayout(), fourth.waitForPlayout()]);
    const { said, unspoken, marks } = await call.finish();
    expect(said.slice(0, 2)).toEqual([
      voiced("The first of three."),
      voiced("The second of three."),
    ]);
    expect(said[2]?.at(-1)).toBe("partial");
    // LiveKit gives a text to synthesis when its turn has come, so this one never got there.
    expect([said.length, unspoken]).toEqual([3, []]);
    expect(marks).toEqual([every(...VOICE), every(...VOICE), every(...VOICE)]);
  },
);

row(
  {
    id: "speak/interrupt",
    agent: "calls `interrupt()` in its own code",
    record: "what was heard as `content`, the whole as `generated`, and no `interrupted_by`",
    runsAlone: true,
  },
  async () => {
    const call = await hold({ rate: 1 });
    const speech = call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.6);
    speech.interrupt();
    await speech.waitForPlayout();
    const { record, unspoken, marks } = await call.finish();
    const [message] = record.conversation;
    expect(message).toMatchObject({
      delivery: "partial",
      generated: COUNT,
      heard_by: "word_times",
    });
    expect(COUNT.startsWith(message?.content ?? "?")).toBe(true);
    expect(message).not.toHaveProperty("interrupted_by");
    expect(unspoken).toEqual([]);
    expect(marks).toEqual([every(...VOICE)]);
  },
);

row(
  {
    id: "speak/interrupted-at-once",
    agent: "is cut off before LiveKit keeps a word of the reply, and answers again",
    record: "the first reply with delivery `none`, and `shown` only on the second",
    runsAlone: true,
  },
  async () => {
    const loudspeaker = new EstimatingLoudspeaker({ rate: 1 });
    // The first word takes three seconds, so even a busy machine cuts it off in its middle.
    const tts = new ScriptedTextToSpeech({ secondsPerCharacter: 1 });
    const call = await hold({
      loudspeaker,
      session: {
        tts,
        llm: new FakeLLM([
          { input: "hello", content: COUNT },
          { input: "again", content: "**Once** more." },
        ]),
      },
    });
    loudspeaker.estimate = "";
    const planned = call.next<voice.SpeechCreatedEvent>("speech_created");
    call.ears.say("hello");
    const { speechHandle } = await planned;
    await loudspeaker.waitUntilHeard(0, 0.02);
    await call.session.interrupt().await;
    await speechHandle.waitForPlayout();
    loudspeaker.estimate = undefined;
    tts.options.secondsPerCharacter = 0.05;
    await call.answerTo(() => call.ears.say("again"));
    const { record } = await call.finish();
    expect(record.conversation).toMatchObject([
      { content: "hello" },
      { generated: COUNT, delivery: "none" },
      { content: "again" },
      { content: "Once more.", delivery: "full", shown: "**Once** more." },
    ]);
    expect(record.conversation[1]).not.toHaveProperty("shown");
  },
);

row(
  {
    id: "speak/not-interruptible",
    agent: "speaks with `allowInterruptions: false` while the user talks",
    record:
      'the speech as heard to the end, and the user\'s words with `discarded: "not_interruptible"`',
    runsAlone: true,
  },
  async () => {
    const call = await hold({ rate: 2 });
    const told = call.next("user_input_transcribed");
    const speech = call.session.say(COUNT, { allowInterruptions: false });
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    call.ears.say("wait a second");
    await told;
    await speech.waitForPlayout();
    await call.answerTo(() => call.ears.say("hello"));
    const { said, unspoken, marks, record } = await call.finish();
    expect(said).toEqual([voiced(COUNT), ["user", "wait a second", "earwig_stt"], ...HEARD]);
    expect(record.conversation[1]).toMatchObject({ discarded: "not_interruptible" });
    expect(record.conversation[2]).not.toHaveProperty("discarded");
    expect(record.metrics.interruptions).toBe(0);
    expect(unspoken).toEqual([]);
    expect(marks[1]).toEqual(every(...WAIT));
  },
);

row(
  {
    id: "speak/background-audio",
    agent: "plays sound by `BackgroundAudioPlayer`, from files, or directly into the output",
    record: "nothing of it, because sound without words is no speech",
  },
  async () => {
    const call = await hold();
    // What the player asks of a room; a real one has the same.
    const room = {
      isConnected: true,
      on: () => room,
      off: () => room,
      localParticipant: {
        publishTrack: () => Promise.resolve({ sid: "TR_background" }),
        unpublishTrack: () => Promise.resolve(),
      },
    };
    const player = new voice.BackgroundAudioPlayer({ thinkingSound: frames(0.2, 0.02) });
    await player.start({ room: room as unknown as Room, agentSession: call.session });
    const played = player.play(frames(0.2, 0.02));
    await call.answerTo(() => call.ears.say("hello"));
    await played.waitForPlayout();
    // Sound that an agent puts into its own output is heard, and said by nobody.
    for await (const frame of frames(0.1)) await call.session.output.audio?.captureFrame(frame);
    call.session.output.audio?.flush();
    await call.session.output.audio?.waitForPlayout();
    await call.session.say("That was a jingle.").waitForPlayout();
    await player.close();
    const { said, unspoken, events, marks } = await call.finish();
    expect(said).toEqual([...HEARD, voiced("That was a jingle.")]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(marks[0]).toEqual(every(...WAIT));
  },
);

row(
  {
    id: "speak/closed-during-a-tool",
    agent: "closes its session while a tool runs",
    record: "a `tool_call` with `unfinished: true` and no output",
  },
  async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    let end: (output: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => (end = resolve));
    const agent = createClerk(() => {
      begin();
      return ended;
    });
    const call = await hold({ agent, session: { llm: new FakeLLM(SLOW_TOOL) } });
    call.ears.say("where is it");
    await begun;
    const finished = call.finish();
    await call.session.interrupt({ force: true }).await;
    // LiveKit waits for the tool's own code, and takes no output of it any more.
    end("On its way.");
    const { said, events, record } = await finished;
    expect(said).toEqual([["user", "where is it", "earwig_stt"]]);
    expect(events).toMatchObject([
      ["tool_call", { name: "lookUp", output: null, unfinished: true, is_error: false }],
    ]);
    expect(record.events[0]?.turn_id).toBe("t_1");
  },
);
