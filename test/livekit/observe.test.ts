import { llm, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ReadableStream } from "node:stream/web";
import { WORD_TOLERANCE_S, parseTimestamp, readTimestamp } from "../../src/record/index.js";
import {
  ScriptedSpeechToText,
  ScriptedTextToSpeech,
  SentenceTextToSpeech,
} from "./support/fake-models.js";
import {
  agentMessages,
  isAnswer,
  isUserItem,
  recordSessions,
  startSession,
} from "./support/observed-session.js";

recordSessions();

const { FakeLLM } = voice.testing;
const HOW_ARE_YOU = [{ input: "hello", content: "Hi, how are you?" }];

describe("observe() in a plain conversation", () => {
  it("records a greeting by say() and an answered turn, in order", async () => {
    const call = await startSession({ llm: new FakeLLM(HOW_ARE_YOU) });
    await call.session.say("Welcome to the clinic.").waitForPlayout();
    const answered = call.next("conversation_item_added", isAnswer);
    call.userSays("hello");
    await answered;
    const record = await call.finish();

    expect(
      record.conversation.map(({ role, content, source, turn_id }) => [
        role,
        content,
        source,
        turn_id,
      ]),
    ).toEqual([
      ["agent", "Welcome to the clinic.", "mouth_piece_tts", "t_1"],
      ["user", "hello", "earwig_stt", "t_2"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "t_2"],
    ]);
    expect(Object.keys(record.conversation[0] ?? {}).slice(0, 4)).toEqual([
      "role",
      "content",
      "timestamp",
      "source",
    ]);
    expect(agentMessages(record).map((message) => message.delivery)).toEqual(["full", "full"]);
    expect(record.session).toMatchObject({ status: "complete", close_reason: "user_initiated" });
    expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
    expect(call.problems).toEqual([]);
  });

  it("keeps a transcript's words, times, confidence and language", async () => {
    const call = await startSession();
    const committed = call.next("user_input_transcribed");
    call.stt.say("नमस्ते जी", {
      language: "hi",
      confidence: 0.87,
      words: [
        ["नमस्ते", 4.1, 4.6],
        ["जी", 4.7, 4.9],
      ],
    });
    await committed;
    const { conversation, session } = await call.finish();
    expect(conversation[0]).toMatchObject({
      role: "user",
      content: "नमस्ते जी",
      language: "hi",
      confidence: 0.87,
      model: "lobe-1",
      words: [{ text: "नमस्ते" }, { text: "जी" }],
      audio: { duration_s: 0.8 },
    });
    const sinceStartS = (timestamp: string | undefined) =>
      ((readTimestamp(timestamp) ?? NaN) - parseTimestamp(session.started_at)) / 1000;
    const { words = [], started_at, ended_at } = conversation[0] ?? {};
    const [first, last] = [words[0], words.at(-1)];
    expect(Math.abs((first?.at_s ?? NaN) - sinceStartS(started_at))).toBeLessThan(WORD_TOLERANCE_S);
    expect(Math.abs((last?.until_s ?? NaN) - sinceStartS(ended_at))).toBeLessThan(WORD_TOLERANCE_S);
    expect(first?.until_s).toBeLessThanOrEqual(last?.at_s ?? NaN);
  });

  it("shows an agent's message as pending while it is being played", async () => {
    const call = await startSession({ rate: 1 });
    const speech = call.session.say("A sentence that takes a while to say.");
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    const during = await call.read();
    expect(agentMessages(during)).toMatchObject([
      { delivery: "pending", content: "A sentence that takes a while to say." },
    ]);
    await speech.waitForPlayout();
    const after = await call.finish();
    expect(agentMessages(after)).toMatchObject([{ delivery: "full" }]);
  });

  it("puts marks on one clock, from the end of the user's speech", async () => {
    const call = await startSession({
      llm: new FakeLLM([{ input: "hello", content: "Hi.", ttft: 120 }]),
    });
    const answered = call.next("conversation_item_added", isAnswer);
    call.userSays("hello");
    await answered;
    const [answer] = agentMessages(await call.finish());
    expect(answer?.latency?.origin).toBe("speech_end");
    const marks = answer?.latency?.marks ?? {};
    expect(Object.keys(marks)).toEqual([
      "speech_end",
      "transcript_final",
      "turn_committed",
      "llm_start",
      "llm_first_token",
      "tts_start",
      "tts_first_byte",
      "playback_start",
      "playback_end",
    ]);
    // The test's microphone gives no sound: the end of speech is what the STT says it is.
    expect(answer?.latency?.speech_end_by).toBe("stt");
    expect((marks.llm_first_token ?? 0) - (marks.llm_start ?? 0)).toBeGreaterThanOrEqual(0.115);
    expect(marks.tts_start).toBeGreaterThanOrEqual(marks.llm_first_token ?? Infinity);
    expect(answer?.latency?.e2e_s).toBe(marks.playback_start);
  });

  it("gives what say() speaks no request to the LLM, though one was made before", async () => {
    const call = await startSession({ llm: new FakeLLM(HOW_ARE_YOU) });
    const answered = call.next("conversation_item_added", isAnswer);
    call.userSays("hello");
    await answered;
    await call.session.say("By the way, we close at six.").waitForPlayout();
    const [, said] = agentMessages(await call.finish());
    expect(said?.latency?.origin).toBe("tts_start");
    expect(said?.latency?.marks).not.toHaveProperty("llm_start");
  });
});

describe("observe() says what was heard", () => {
  const COUNT = "one two three four five six seven eight nine ten";

  it("by the provider's word times, when the answer is cut off", async () => {
    const call = await startSession({ rate: 1 });
    call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.5);
    await call.session.interrupt({ force: true }).await;
    const [message] = agentMessages(await call.finish());

    expect(message).toMatchObject({
      delivery: "partial",
      generated: COUNT,
      heard_by: "word_times",
    });
    const heardS = call.loudspeaker.segments[0]?.heardSeconds ?? 0;
    const { words = [] } = message ?? {};
    const beganS = words[0]?.at_s ?? NaN;
    const heard = words.filter((word) => (word.at_s + word.until_s) / 2 - beganS <= heardS);
    expect(words.filter((word) => word.heard !== false)).toEqual(heard);
    expect(heard.length).toBeGreaterThan(0);
    expect(message?.content).toBe(heard.map((word) => word.text).join(" "));
  });

  it("by the share of the audio, where nobody gives word times", async () => {
    const call = await startSession({ rate: 1, voiceOptions: { withWordTimes: false } });
    call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.5);
    await call.session.interrupt({ force: true }).await;
    const [message] = agentMessages(await call.finish());
    expect(message).toMatchObject({ delivery: "partial", heard_by: "duration_ratio" });
    expect(COUNT.startsWith(message?.content ?? "?")).toBe(true);
    expect(message?.content).not.toBe("");
  });

  it("and names the words of the user that cut it off", async () => {
    const call = await startSession({ rate: 1, llm: new FakeLLM([]) });
    call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.4);
    const taken = call.next("conversation_item_added", isUserItem);
    call.userSays("stop it");
    await taken;
    const record = await call.finish();
    const user = record.conversation.find((message) => message.role === "user");
    expect(agentMessages(record)).toMatchObject([
      { delivery: "partial", interrupted_by: user?.id },
    ]);
    expect(record.metrics.interruptions).toBe(1);
  });

  it("when the session is closed in mid-speech", async () => {
    const call = await startSession({ rate: 1 });
    call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.5);
    const record = await call.finish();
    expect(agentMessages(record)).toMatchObject([{ delivery: "partial", generated: COUNT }]);
    expect(record.session.status).toBe("complete");
  });

  it("in full, when a false interruption resumes", async () => {
    const call = await startSession({
      rate: 2,
      session: {
        turnHandling: {
          turnDetection: "stt",
          interruption: { mode: "vad", minDuration: 0, minWords: 0, falseInterruptionTimeout: 50 },
        },
      },
    });
    const speech = call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    const resumed = call.next("agent_false_interruption");
    call.stt.interimTranscript("uh");
    call.stt.endSpeech();
    await resumed;
    await speech.waitForPlayout();
    const record = await call.finish();
    expect(agentMessages(record)).toMatchObject([{ delivery: "full", content: COUNT }]);
    expect(record.events).toMatchObject([{ type: "false_interruption", data: { resumed: true } }]);
  });

  it("of each sentence after a pause, and when", async () => {
    const pauseS = 0.4;
    const call = await startSession({
      rate: 1,
      tts: new SentenceTextToSpeech(),
      session: {
        turnHandling: {
          turnDetection: "stt",
          interruption: {
            mode: "vad",
            minDuration: 0,
            minWords: 0,
            falseInterruptionTimeout: pauseS * 1000,
          },
        },
      },
    });
    const speech = call.session.say("This is the first sentence of two. And here is the second.");
    await call.loudspeaker.waitUntilHeard(0, 0.2);
    const resumed = call.next("agent_false_interruption");
    call.stt.interimTranscript("uh");
    call.stt.endSpeech();
    await resumed;
    await speech.waitForPlayout();
    const said = agentMessages(await call.finish());
    expect(said).toMatchObject([{ delivery: "full" }, { delivery: "full" }]);
    const [first, second] = said.map(({ started_at = "", ended_at = "", audio }) => ({
      startedS: parseTimestamp(started_at) / 1000,
      endedS: parseTimestamp(ended_at) / 1000,
      durationS: audio?.duration_s ?? NaN,
    }));
    if (first === undefined || second === undefined) throw new Error("two sentences were said");
    // Clocks that are read one after the other are not exact to the millisecond.
    const slackS = 0.03;
    expect(second.startedS - first.startedS).toBeGreaterThan(first.durationS + pauseS - slackS);
    expect(second.startedS).toBeCloseTo(first.endedS, 5);
    expect(second.startedS + second.durationS).toBeLessThan(second.endedS + slackS);
  });

  it("though frames were resampled on their way and lost their mark", async () => {
    const call = await startSession({ voiceOptions: { sampleRate: 16_000 } });
    await call.session.say("Resampled from sixteen kilohertz.").waitForPlayout();
    expect(agentMessages(await call.finish())).toMatchObject([
      { content: "Resampled from sixteen kilohertz.", delivery: "full" },
    ]);
  });
});

describe("observe() when something goes wrong", () => {
  it("puts a synthesis that failed before any sound among the unspoken, with the error", async () => {
    const call = await startSession({ voiceOptions: { failAfterS: 0 } });
    const failed = call.next("error");
    call.session.say("Nobody will hear this.");
    await failed;
    const record = await call.finish();
    expect(record.conversation).toEqual([]);
    expect(record.unspoken).toMatchObject([
      { content: "Nobody will hear this.", reason: "failed", error: "the voice broke" },
    ]);
    expect(record.events).toMatchObject([
      { type: "error", data: { kind: "tts_error", message: "the voice broke" } },
    ]);
  });

  it("says what was heard of a synthesis that failed in the middle", async () => {
    const call = await startSession({ rate: 4, voiceOptions: { failAfterS: 0.5 } });
    const said = call.next("conversation_item_added", isAnswer);
    call.session.say("one two three four five six seven eight");
    await said;
    const [message] = agentMessages(await call.finish());
    expect(message).toMatchObject({
      delivery: "partial",
      generated: "one two three four five six seven eight",
    });
    expect(message?.content).toBe("one two three");
  });

  it("puts a preemptive generation that was given up among the unspoken", async () => {
    const call = await startSession({
      llm: new FakeLLM([
        { input: "I would like", content: "What would you like?" },
        { input: "I would like some tea", content: "Tea it is." },
      ]),
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
    call.stt.preflightTranscript("I would like");
    await call.untilSynthesised("What would you like?");
    call.stt.finalTranscript("I would like some tea");
    call.stt.endSpeech();
    await answered;
    const record = await call.finish();
    expect(record.conversation.map((message) => message.content)).toEqual([
      "I would like some tea",
      "Tea it is.",
    ]);
    expect(record.unspoken).toMatchObject([
      { content: "What would you like?", reason: "discarded" },
    ]);
  });
});

describe("observe() of what an agent does", () => {
  it("records a tool call and the reply after it", async () => {
    const agent = new voice.Agent({
      instructions: "",
      tools: {
        lookUp: llm.tool({
          description: "Looks up an order.",
          parameters: z.object({ order: z.string() }),
          execute: async ({ order }) => `Order ${order} is on its way.`,
        }),
      },
    });
    const fake = new FakeLLM([
      { input: "where is it", toolCalls: [{ name: "lookUp", args: { order: "A7" } }] },
      { input: '"Order A7 is on its way."', content: "It is on its way." },
    ]);
    const call = await startSession({ agent, llm: fake });
    const answered = call.next("conversation_item_added", isAnswer);
    call.userSays("where is it");
    await answered;
    const record = await call.finish();
    expect(record.conversation.map((message) => message.content)).toEqual([
      "where is it",
      "It is on its way.",
    ]);
    expect(record.events).toMatchObject([
      {
        type: "tool_call",
        turn_id: "t_1",
        data: { name: "lookUp", arguments: '{"order":"A7"}', is_error: false },
      },
    ]);
    expect(record.events[0]?.data["output"]).toContain("Order A7 is on its way.");
  });

  it("records typed input as text_input", async () => {
    const call = await startSession({ llm: new FakeLLM(HOW_ARE_YOU) });
    await call.session.generateReply({ userInput: "hello" }).waitForPlayout();
    const record = await call.finish();
    expect(record.conversation.map(({ role, content, source }) => [role, content, source])).toEqual(
      [
        ["user", "hello", "text_input"],
        ["agent", "Hi, how are you?", "mouth_piece_tts"],
      ],
    );
  });

  it("records a session that only shows text as text_output", async () => {
    const call = await startSession({ llm: new FakeLLM(HOW_ARE_YOU), withAudioOutput: false });
    await call.session.generateReply({ userInput: "hello" }).waitForPlayout();
    const record = await call.finish();
    expect(record.conversation.map(({ role, content, source }) => [role, content, source])).toEqual(
      [
        ["user", "hello", "text_input"],
        ["agent", "Hi, how are you?", "text_output"],
      ],
    );
  });

  it("follows a handoff to an agent with an STT and a TTS of its own", async () => {
    const ownStt = new ScriptedSpeechToText();
    const ownTts = new SentenceTextToSpeech();
    const specialist = new voice.Agent({
      id: "specialist",
      instructions: "",
      stt: ownStt,
      tts: ownTts,
    });
    const call = await startSession({
      agent: new voice.Agent({ id: "front_desk", instructions: "" }),
      llm: new FakeLLM(HOW_ARE_YOU),
    });
    await call.session.say("I will put you through.").waitForPlayout();
    const handedOver = call.next(
      "conversation_item_added",
      (event: voice.ConversationItemAddedEvent) => event.item.type === "agent_handoff",
    );
    call.session.updateAgent(specialist);
    await handedOver;
    await ownStt.untilListening();
    const answered = call.next("conversation_item_added", isAnswer);
    ownStt.say("hello");
    await answered;
    const record = await call.finish();
    expect(agentMessages(record).map(({ source, agent }) => [source, agent])).toEqual([
      ["mouth_piece_tts", "front_desk"],
      ["parrot_tts", "specialist"],
    ]);
    expect(record.events).toMatchObject([
      { type: "agent_handoff", data: { from: "front_desk", to: "specialist" } },
    ]);
  });

  it("follows a TTS that speaks sentence by sentence: each is a message of the same turn", async () => {
    const call = await startSession({ tts: new SentenceTextToSpeech() });
    await call.session
      .say("This is the first sentence of two. And here is the second one of them.")
      .waitForPlayout();
    const record = await call.finish();
    expect(
      agentMessages(record).map(({ source, content, delivery, turn_id }) => [
        source,
        content,
        delivery,
        turn_id,
      ]),
    ).toEqual([
      ["parrot_tts", "This is the first sentence of two.", "full", "t_1"],
      ["parrot_tts", "And here is the second one of them.", "full", "t_1"],
    ]);
  });

  it("records speech that was given as prerecorded audio", async () => {
    const call = await startSession();
    const samples = new Int16Array(2400);
    const audio = new ReadableStream<AudioFrame>({
      start(controller) {
        controller.enqueue(new AudioFrame(samples, 24_000, 1, samples.length));
        controller.close();
      },
    });
    await call.session.say("Spoken by a file.", { audio }).waitForPlayout();
    await call.session.say("Spoken by the voice.").waitForPlayout();
    const record = await call.finish();
    expect(agentMessages(record).map(({ content, delivery }) => [content, delivery])).toEqual([
      ["Spoken by a file.", "full"],
      ["Spoken by the voice.", "full"],
    ]);
  });
});

describe("observe() in any agent", () => {
  it("can be called after the session has started, with the words of transcripts", async () => {
    const call = await startSession({ observe: "after", llm: new FakeLLM(HOW_ARE_YOU) });
    const answered = call.next("conversation_item_added", isAnswer);
    call.stt.say("hello", { words: [["hello", 0.2, 0.6]], confidence: 0.7 });
    await answered;
    const record = await call.finish();
    expect(record.conversation).toMatchObject([
      { role: "user", content: "hello", confidence: 0.7, words: [{ text: "hello" }] },
      { role: "agent", content: "Hi, how are you?", delivery: "full" },
    ]);
    expect(record.conversation).toHaveLength(2);
  });

  it("records a greeting that was under way when it was called", async () => {
    class Greeter extends voice.Agent {
      override async onEnter(): Promise<void> {
        this.session.say("Good morning to you.");
      }
    }
    const call = await startSession({ observe: "never", agent: new Greeter({ instructions: "" }) });
    await call.loudspeaker.waitUntilHeard(0, 0.1);
    const said = call.next("conversation_item_added", isAnswer);
    call.observe();
    await said;
    const record = await call.finish();
    expect(agentMessages(record)).toMatchObject([
      { content: "Good morning to you.", source: "mouth_piece_tts" },
    ]);
  });

  it("keeps two sessions apart that share their models", async () => {
    const tts = new ScriptedTextToSpeech();
    const first = await startSession({
      tts,
      llm: new FakeLLM([{ input: "red", content: "Red it is." }]),
    });
    const second = await startSession({
      tts,
      llm: new FakeLLM([{ input: "blue", content: "Blue it is." }]),
    });
    const answers = [first, second].map((call) => call.next("conversation_item_added", isAnswer));
    first.userSays("red");
    second.userSays("blue");
    await Promise.all(answers);
    const records = [await first.finish(), await second.finish()];
    expect(records.map((record) => record.conversation.map((message) => message.content))).toEqual([
      ["red", "Red it is."],
      ["blue", "Blue it is."],
    ]);
    expect(records[0]?.session.trace_id).not.toBe(records[1]?.session.trace_id);
  });

  it("is one observation however often it is called", async () => {
    const call = await startSession();
    expect(call.observe()).toBe(call.observation);
    await call.session.say("Once.").waitForPlayout();
    expect((await call.finish()).conversation).toHaveLength(1);
  });

  it("begins a new conversation when a closed session is started again", async () => {
    const call = await startSession();
    await call.session.say("The first call.").waitForPlayout();
    const firstPath = call.observation.path;
    await call.session.close();
    await call.restart();
    await call.session.say("The second call.").waitForPlayout();
    const second = await call.finish();
    expect(call.observation.path).not.toBe(firstPath);
    expect(second.conversation.map((message) => message.content)).toEqual(["The second call."]);
  });

  it("lets the agent go on when something breaks inside it, and says so once for each kind", async () => {
    const call = await startSession({ voiceOptions: { breaksObservers: true } });
    await call.session.say("Still here, and heard to the end.").waitForPlayout();
    await call.session.say("And here again.").waitForPlayout();
    call.stt.say("hello");
    await call.session.close();
    expect(call.loudspeaker.segments.map(({ interrupted }) => interrupted)).toEqual([false, false]);
    expect(call.problems).toEqual([
      "Failed while it noted audio: these words cannot be read. The agent is not affected",
    ]);
  });
});
