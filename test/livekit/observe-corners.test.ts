import { readFileSync } from "node:fs";
import { ReadableStream } from "node:stream/web";
import { tts, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { describe, expect, it } from "vitest";
import { observe } from "../../src/livekit/index.js";
import type { Conversation } from "../../src/record/index.js";
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
const TWO_SENTENCES = "This is the first sentence of two. And here is the second one of them.";
const PREEMPTIVE = {
  turnHandling: {
    turnDetection: "stt" as const,
    interruption: { mode: "vad" as const },
    endpointing: { minDelay: 0, maxDelay: 0 },
    preemptiveGeneration: { enabled: true, preemptiveTts: true },
  },
};

/** Half a second of silence, as ready audio. */
function readyAudio(): ReadableStream<AudioFrame> {
  const samples = 12_000;
  return new ReadableStream<AudioFrame>({
    start(controller) {
      controller.enqueue(new AudioFrame(new Int16Array(samples), 24_000, 1, samples));
      controller.close();
    },
  });
}

describe("observe() leaves a TTS as it was", () => {
  it("so that it throws an error which nobody listens for, once its session has ended", async () => {
    const shared = new ScriptedTextToSpeech();
    const call = await startSession({ tts: shared });
    await call.session.say("Hello.").waitForPlayout();
    await call.finish();
    const failure = {
      type: "tts_error" as const,
      timestamp: Date.now(),
      label: shared.label,
      error: new Error("the line is dead"),
      recoverable: false,
    };
    expect(() => shared.emit("error", failure)).toThrow("Unhandled error");
    expect(shared.listenerCount("error")).toBe(0);
  });
});

describe("observe() records an error of any shape", () => {
  const hidden = Object.defineProperty(new Error("x"), "message", {
    get: () => {
      throw new Error("not for you");
    },
  });
  const unreadable = new Proxy(new Error("x"), {
    get: () => {
      throw new Error("not for you");
    },
  });

  it.each([
    ["whose cause is nothing", { error: undefined, label: 7 }, "[object Object]"],
    ["whose message throws", { error: hidden, label: 7 }, "Error"],
    [
      "whose message is a number",
      { error: Object.assign(new Error("x"), { message: 7 }) },
      "Error",
    ],
    ["that is a text", "the line is dead", "the line is dead"],
    ["that throws at each question", unreadable, "an error that cannot be read"],
  ])("%s", async (_name, error, message) => {
    const call = await startSession({});
    call.session.emit(voice.AgentSessionEventTypes.Error, {
      type: "error",
      error,
      source: undefined,
      createdAt: Date.now(),
    } as never);
    const record = await call.finish();
    const errors = record.events.filter(({ type }) => type === "error");
    expect(errors).toMatchObject([{ data: { message } }]);
    expect(errors[0]?.data).not.toHaveProperty("label");
  });
});

describe("observe() does not lose words", () => {
  it("when an agent exchanges its models in mid-call", async () => {
    const call = await startSession({
      llm: new FakeLLM([{ input: "hello", content: "Hi again." }]),
    });
    const ownStt = new ScriptedSpeechToText();
    await call.session.currentAgent.updateOptions({ stt: ownStt, tts: new SentenceTextToSpeech() });
    await ownStt.untilListening();
    const answered = call.next("conversation_item_added", isAnswer);
    ownStt.say("hello", { confidence: 0.8 });
    await answered;
    const record = await call.finish();
    expect(record.conversation).toMatchObject([
      { content: "hello", confidence: 0.8 },
      { content: "Hi again.", source: "parrot_tts", latency: { origin: "speech_end" } },
    ]);
  });

  it("when an agent hears with an sttNode of its own", async () => {
    const inner = new ScriptedSpeechToText();
    class OwnEars extends voice.Agent {
      override async sttNode() {
        const stream = inner.stream();
        return new ReadableStream({
          async start(controller) {
            for await (const event of stream) controller.enqueue(event);
          },
        });
      }
    }
    const call = await startSession({ stt: inner, agent: new OwnEars({ instructions: "" }) });
    const told = call.next("user_input_transcribed");
    inner.say("heard another way");
    await told;
    const record = await call.finish();
    expect(record.conversation.map(({ content }) => content)).toEqual(["heard another way"]);
  });

  it("of prerecorded audio that follows speech which is kept out of the chat", async () => {
    const call = await startSession();
    await call.session.say("Spoken by the voice.", { addToChatCtx: false }).waitForPlayout();
    await call.session.say("Spoken by a file.", { audio: readyAudio() }).waitForPlayout();
    const record = await call.finish();
    expect(record.conversation.map(({ content }) => content)).toEqual([
      "Spoken by the voice.",
      "Spoken by a file.",
    ]);
  });

  it("of a shared voice, when say() is called from outside the session's own code", async () => {
    const shared = new ScriptedTextToSpeech();
    const first = await startSession({ tts: shared, rate: 1 });
    const second = await startSession({ tts: shared });
    first.session.say("one two three four five six seven eight nine ten");
    await first.loudspeaker.waitUntilHeard(0, 0.5);
    await first.session.interrupt({ force: true }).await;
    const [message] = agentMessages(await first.finish());
    expect(message).toMatchObject({ delivery: "partial", heard_by: "word_times" });
    expect((await second.finish()).conversation).toEqual([]);
  });
});

describe("observe() says what was heard and no more", () => {
  it("of each sentence, where LiveKit estimates for all of them together", async () => {
    const call = await startSession({ tts: new SentenceTextToSpeech(), rate: 1 });
    call.loudspeaker.estimate = "This is the first sentence of two. And here";
    call.session.say(TWO_SENTENCES);
    await call.loudspeaker.waitUntilHeard(0, 2.2);
    await call.session.interrupt({ force: true }).await;
    const messages = agentMessages(await call.finish());
    expect(
      messages.map(({ content, delivery, heard_by }) => [content, delivery, heard_by]),
    ).toEqual([
      ["This is the first sentence of two.", "full", undefined],
      ["And here", "partial", "livekit_estimate"],
    ]);
  });

  it("of prerecorded audio that was cut off", async () => {
    const call = await startSession({ rate: 1 });
    const text = "spoken by a file that was cut off";
    call.session.say(text, { audio: readyAudio() });
    await call.loudspeaker.waitUntilHeard(0, 0.25);
    const added = call.next("conversation_item_added", isAnswer);
    await call.session.interrupt({ force: true }).await;
    await added;
    const [message] = agentMessages(await call.finish());
    expect(message).toMatchObject({
      delivery: "partial",
      generated: text,
      heard_by: "duration_ratio",
    });
    expect(text.startsWith(message?.content ?? "?")).toBe(true);
  });

  it("of a synthesis that failed in the middle, though nobody gives word times", async () => {
    const call = await startSession({
      rate: 4,
      voiceOptions: { failAfterS: 0.5, withWordTimes: false },
    });
    const text = "a sentence of which only the very beginning was ever made into sound";
    const said = call.next("conversation_item_added", isAnswer);
    call.session.say(text);
    await said;
    const [message] = agentMessages(await call.finish());
    expect(message).toMatchObject({
      delivery: "partial",
      generated: text,
      heard_by: "duration_ratio",
    });
    expect(message?.content.length).toBeLessThan(text.length / 2);
  });

  it("of sentences that an interruption left behind, which are discarded at once", async () => {
    const call = await startSession({ tts: new SentenceTextToSpeech({ gate: true }), rate: 1 });
    const voiceOf = call.session.tts as SentenceTextToSpeech;
    call.session.say(TWO_SENTENCES);
    await voiceOf.untilAsked(2);
    voiceOf.release(0);
    await call.loudspeaker.waitUntilHeard(0, 0.2);
    await call.session.interrupt({ force: true }).await;
    await call.untilSynthesised("And here is the second one of them.");
    const during = await call.read();
    expect(during.unspoken).toMatchObject([
      { content: "And here is the second one of them.", reason: "discarded" },
    ]);
    await call.finish();
  });
});

describe("observe() by the evidence that it has", () => {
  it("keeps a reply that was ready while something else was being said", async () => {
    const call = await startSession({
      rate: 2,
      llm: new FakeLLM([{ input: "tea please", content: "Tea it is." }]),
      session: PREEMPTIVE,
    });
    call.stt.startSpeech();
    call.stt.preflightTranscript("tea please");
    await call.untilSynthesised("Tea it is.");
    // Not to be interrupted, or it would wait until the user has finished.
    await call.session.say("One moment.", { allowInterruptions: false }).waitForPlayout();
    const answered = call.next("conversation_item_added", isAnswer);
    call.stt.finalTranscript("tea please");
    call.stt.endSpeech();
    await answered;
    const record = await call.finish();
    const said = agentMessages(record).filter(({ content }) => content === "Tea it is.");
    expect(said.length + record.unspoken.length).toBeGreaterThan(0);
    expect(said.filter(({ delivery }) => delivery === "full")).toHaveLength(1);
  });

  it("puts an answer that was begun early into the turn that it answers", async () => {
    const call = await startSession({
      llm: new FakeLLM([{ input: "tea please", content: "Tea it is." }]),
      session: PREEMPTIVE,
    });
    await call.session.say("Welcome.").waitForPlayout();
    const answered = call.next("conversation_item_added", isAnswer);
    call.stt.startSpeech();
    call.stt.preflightTranscript("tea please");
    await call.untilSynthesised("Tea it is.");
    call.stt.finalTranscript("tea please");
    call.stt.endSpeech();
    await answered;
    const { conversation } = await call.finish();
    const user = conversation.find(({ role }) => role === "user");
    const answer = conversation.find(({ content }) => content === "Tea it is.");
    expect(answer?.turn_id).toBe(user?.turn_id);
    expect(answer).toMatchObject({ latency: { origin: "speech_end", e2e_s: expect.any(Number) } });
  });

  it("takes a failure that another provider made good for none", async () => {
    const fallback = new tts.FallbackAdapter({
      ttsInstances: [new ScriptedTextToSpeech({ failAfterS: 0 }), new ScriptedTextToSpeech()],
      maxRetryPerTTS: 0,
    });
    const call = await startSession({ tts: fallback });
    await call.session.say("Spoken by the second.").waitForPlayout();
    const record = await call.finish();
    expect(agentMessages(record)).toMatchObject([
      { content: "Spoken by the second.", delivery: "full", source: "mouth_piece_tts" },
    ]);
    expect(record.unspoken).toEqual([]);
  });

  it("names nobody as the one who cut off what failed or was closed", async () => {
    const failing = await startSession({ rate: 1, voiceOptions: { failAfterS: 1 } });
    const said = failing.next("conversation_item_added", isAnswer);
    failing.session.say("one two three four five six seven eight", { allowInterruptions: false });
    await failing.loudspeaker.waitUntilHeard(0, 0.2);
    failing.stt.say("mhm");
    await said;
    const failed = await failing.finish();
    expect(agentMessages(failed)[0]).toMatchObject({ delivery: "partial" });
    expect(agentMessages(failed)[0]).not.toHaveProperty("interrupted_by");
    expect(failed.metrics.interruptions).toBe(0);
  });

  it("does not blame words that began after the sound had stopped", async () => {
    const call = await startSession({ rate: 1, llm: new FakeLLM([]) });
    call.session.say("one two three four five six seven eight nine ten");
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    const speaking = call.next("user_state_changed");
    call.stt.startSpeech();
    await speaking;
    await call.session.interrupt({ force: true }).await;
    call.stt.endSpeech();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const taken = call.next("conversation_item_added", isUserItem);
    call.stt.say("are you there");
    await taken;
    const record = await call.finish();
    expect(agentMessages(record)[0]).toMatchObject({ delivery: "partial" });
    expect(agentMessages(record)[0]).not.toHaveProperty("interrupted_by");
  });
});

describe("observe() at the beginning and end of a recording", () => {
  it("completes the record of a session that could not start", async () => {
    const call = await startSession({ observe: "never" });
    await call.session.close();
    const observation = call.observe();
    class Broken extends voice.Agent {
      override get id(): string {
        throw new Error("no agent");
      }
    }
    await expect(
      call.session.start({ agent: new Broken({ instructions: "" }), record: false }),
    ).rejects.toThrow("no agent");
    expect((await call.read()).session).toMatchObject({
      status: "complete",
      close_reason: "error",
    });
    expect(observation.path).toBeDefined();
  });

  it("records from onEnter on, when it is called there", async () => {
    let path: string | undefined;
    class SelfObserved extends voice.Agent {
      override async onEnter(): Promise<void> {
        const observation = observe(this.session);
        this.session.say("Observed from within.");
        path = observation.path;
      }
    }
    const call = await startSession({
      observe: "never",
      agent: new SelfObserved({ instructions: "" }),
    });
    await call.loudspeaker.waitUntilHeard(0, 0.1);
    const said = call.next("conversation_item_added", isAnswer);
    call.observe();
    expect(call.observation.path).toBe(path);
    await said;
    expect(agentMessages(await call.finish())).toMatchObject([
      { content: "Observed from within." },
    ]);
  });

  it("has completed the file when close() resolves", async () => {
    const call = await startSession();
    await call.session.say("The last words.").waitForPlayout();
    await call.session.close();
    const written = JSON.parse(readFileSync(call.observation.path ?? "", "utf8")) as Conversation;
    expect(written.session.status).toBe("complete");
  });

  it("follows an output that wraps another one once", async () => {
    const call = await startSession({ rate: 4 });
    class Wrapper extends voice.AudioOutput {
      override async captureFrame(frame: AudioFrame): Promise<void> {
        await super.captureFrame(frame);
        await this.nextInChain?.captureFrame(frame);
      }
      override flush(): void {
        super.flush();
        this.nextInChain?.flush();
      }
      override clearBuffer(): void {
        this.nextInChain?.clearBuffer();
      }
    }
    call.session.output.audio = new Wrapper(24_000, call.loudspeaker, { pause: true });
    await call.session.say("Through two outputs.").waitForPlayout();
    await call.session.say("And once more.").waitForPlayout();
    const record = await call.finish();
    expect(agentMessages(record).map(({ content, delivery }) => [content, delivery])).toEqual([
      ["Through two outputs.", "full"],
      ["And once more.", "full"],
    ]);
  });
});
