import * as openai from "@livekit/agents-plugin-openai";
import { describe, expect, it, onTestFinished } from "vitest";
import { CallerMicrophone } from "../../../src/demo/caller-microphone.js";
import { createCallerAudio } from "../../../src/livekit/audio/caller-audio.js";
import { createRealtimeTurns } from "../../../src/livekit/conversation/realtime-turns.js";
import { createTurns } from "../../../src/livekit/conversation/turns.js";
import type { Conversation } from "../../../src/record/index.js";
import { FakeRealtime } from "../../compat/support/fake-realtime.js";
import { startOpenAIRealtime } from "../../compat/support/openai-realtime.js";
import { type Call, holdCall } from "../../compat/support/hold-call.js";
import { useRecorder } from "../../compat/support/recorder.js";

const recorder = useRecorder();

describe("speech that a realtime model's server has found", () => {
  function hearTwice() {
    const now = () => 0;
    const turns = createRealtimeTurns(createTurns(now), createCallerAudio(now));
    const speak = (startedMs: number, endedMs: number, itemId?: string) => {
      turns.onSpeech(true, startedMs, itemId);
      turns.onSpeech(false, endedMs);
    };
    return { turns, speak };
  }

  it("gets its transcripts in order, while each may still be on its way", () => {
    const { turns, speak } = hearTwice();
    speak(1000, 1500);
    speak(2000, 2500);
    expect(turns.find({ itemId: "a", arrivedMs: 2600 })?.startedMs).toBe(1000);
    expect(turns.find({ itemId: "b", arrivedMs: 2700 })?.startedMs).toBe(2000);
    // A transcript that is revised is known already.
    expect(turns.find({ itemId: "a", arrivedMs: 2800 })?.startedMs).toBe(1000);
    expect(turns.find({ itemId: "c", arrivedMs: 2900 })).toBeUndefined();
  });

  it("leaves no transcript to a sound that had none in time", () => {
    const { turns, speak } = hearTwice();
    speak(1000, 1500);
    speak(4000, 5000);
    speak(9000, 9900);
    expect(turns.find({ itemId: "b", arrivedMs: 5400 })?.startedMs).toBe(4000);
    expect(turns.find({ itemId: "c", arrivedMs: 10_000 })?.startedMs).toBe(9000);
  });

  it("gets a transcript however late, where nothing was said since", () => {
    const { turns, speak } = hearTwice();
    speak(1000, 1500);
    expect(turns.find({ itemId: "a", arrivedMs: 20_000 })?.startedMs).toBe(1000);
  });

  it("gets the transcript of its own id or start, where the provider tells", () => {
    const { turns, speak } = hearTwice();
    speak(1000, 1100, "cough");
    speak(1500, 1600);
    speak(2000, 2500);
    expect(turns.find({ itemId: "b", arrivedMs: 2600, startedMs: 1990 })?.startedMs).toBe(2000);
    expect(turns.find({ itemId: "c", arrivedMs: 2700 })?.startedMs).toBe(1500);
    expect(turns.find({ itemId: "d", arrivedMs: 2800 })).toBeUndefined();
  });
});

describe("the turn after a sound without words", () => {
  const OWN_TURN = {
    said: [
      ["t_1", "Bless you."],
      ["t_2", "hello"],
      ["t_2", "Hi, how are you?"],
    ],
    beganAfterReply: true,
    latency: {
      origin: "speech_end",
      marks: { transcript_final: expect.any(Number) },
      e2e_s: expect.any(Number),
    },
    problems: [],
  };

  /** What the record has of a cough that the model answers, and of the turn that follows. */
  async function describeTurns(call: Call) {
    const { record } = await call.finish();
    const { conversation }: Conversation = record;
    const [blessing, asked, answer] = conversation;
    const began = Date.parse(asked?.started_at ?? "");
    return {
      said: conversation.map(({ turn_id, content }) => [turn_id, content]),
      beganAfterReply: began >= Date.parse(blessing?.ended_at ?? ""),
      latency: answer?.role === "agent" ? answer.latency : undefined,
      problems: call.problems,
    };
  }

  it("keeps its words where the provider says when they began", async () => {
    const model = new FakeRealtime();
    const call = await holdCall(recorder, { session: { llm: model, turnHandling: {} } });
    const blessed = call.answer();
    model.current.startSpeech();
    model.current.endSpeech();
    model.current.answer("Bless you.");
    await blessed;
    const answered = call.answer();
    const beganMs = Date.now();
    model.current.startSpeech();
    model.current.endSpeech();
    model.current.transcribe("hello", true, "item_hello", beganMs);
    model.current.answer("Hi, how are you?");
    await answered;
    expect(await describeTurns(call)).toMatchObject(OWN_TURN);
  });

  it("keeps its words where OpenAI's server names them", async () => {
    const service = await startOpenAIRealtime();
    onTestFinished(() => service.stop());
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      session: {
        llm: new openai.realtime.RealtimeModel({ apiKey: "key", baseURL: service.url }),
        turnHandling: {},
      },
    });
    await service.untilHearing();
    const blessed = call.answer();
    service.hearCough();
    service.answer("Bless you.");
    await blessed;
    const answered = call.answer();
    service.hear("hello");
    service.answer("Hi, how are you?");
    await answered;
    expect(await describeTurns(call)).toMatchObject(OWN_TURN);
  });
});
