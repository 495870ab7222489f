import { type stt, voice } from "@livekit/agents";
import { expect } from "vitest";
import { readConversation } from "../../src/store/index.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { FakeRealtime } from "./support/fake-realtime.js";
import { type Call, type CallOptions, holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";
import { ScriptedVad } from "./support/scripted-vad.js";

const { FakeLLM } = voice.testing;
const recorder = useRecorder();

const REPLIES = [
  { input: "hello", content: "Hi, how are you?" },
  { input: "HELLO", content: "Hi, how are you?" },
  { input: "I would like to book a table", content: "For how many?" },
  { input: "I would like to book", content: "Go on." },
  { input: "I would like to book a table. hello", content: "Hi again." },
  { input: "mhm and on friday", content: "On friday as well." },
];
const COUNT = "one two three four five six seven eight nine ten";
const WAIT = ["speech_end", "transcript_final", "turn_committed", "playback_start"];
const THOUGHT = ["llm_start", "llm_first_token", "tts_start", "tts_first_byte"];
const every = (...marks: string[]) => expect.arrayContaining(marks) as unknown;
const user = (text: string) => ["user", text, "earwig_stt"];
const agent = (text: string) => ["agent", text, "mouth_piece_tts", "full"];

async function hold(
  options: CallOptions = {},
): Promise<Call & { ears: ScriptedSpeechToText; vad: ScriptedVad }> {
  const ears = new ScriptedSpeechToText();
  const vad = new ScriptedVad();
  const call = await holdCall(recorder, {
    ...options,
    session: {
      stt: ears,
      tts: new ScriptedTextToSpeech(),
      llm: new FakeLLM(REPLIES),
      ...options.session,
      ...(options.session?.vad === undefined ? {} : { vad }),
    },
  });
  await ears.untilListening();
  return Object.assign(call, { ears, vad });
}

type TurnHandling = NonNullable<NonNullable<CallOptions["session"]>["turnHandling"]>;

/** Options for a session that listens to `ScriptedVad`; the call has one of its own. */
const withVad = (turnHandling: TurnHandling) => ({ vad: new ScriptedVad(), turnHandling });

const AT_ONCE = {
  interruption: { mode: "vad" as const, minDuration: 0, minWords: 0 },
  endpointing: { minDelay: 0, maxDelay: 0 },
};

function until(call: Call, text: string): Promise<unknown> {
  return call.next<voice.UserInputTranscribedEvent>(
    "user_input_transcribed",
    ({ transcript, isFinal }) => isFinal && transcript === text,
  );
}

/** Resolves when the record has the text, wherever it puts it. */
async function untilSynthesised({ observation }: Call, text: string): Promise<void> {
  for (;;) {
    await recorder.telemetry.flush();
    const { conversation } = await readConversation(observation.path ?? "");
    const messages = [...conversation.conversation, ...conversation.unspoken];
    if (messages.some(({ content }) => content === text)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

row(
  {
    id: "turns/vad",
    agent: 'has `turnDetection: "vad"`',
    record: "one turn, with the end of speech as the detector found it",
  },
  async () => {
    const call = await hold({ session: withVad({ ...AT_ONCE, turnDetection: "vad" }) });
    const speaking = call.next("user_state_changed");
    call.vad.startSpeech();
    await speaking;
    const told = until(call, "hello");
    call.ears.finalTranscript("hello", { words: [["hello", 0.1, 0.5]] });
    await told;
    await call.answerTo(() => call.vad.endSpeech());
    const { said, unspoken, events, marks, record } = await call.finish();
    expect(said).toEqual([user("hello"), agent("Hi, how are you?")]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1"]);
    expect(record.conversation[0]?.started_at).toBeDefined();
    expect(marks).toEqual([every(...WAIT, ...THOUGHT)]);
  },
);

row(
  {
    id: "turns/stt-endpointing",
    agent: 'has `turnDetection: "stt"`, and gets several final transcripts',
    record: "each transcript as a message, all of one turn",
  },
  async () => {
    const call = await hold();
    await call.answerTo(() => {
      call.ears.startSpeech();
      call.ears.finalTranscript("I would like");
      call.ears.finalTranscript("to book a table");
      call.ears.endSpeech();
    });
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([user("I would like"), user("to book a table"), agent("For how many?")]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1"]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT)]);
  },
);

row(
  {
    id: "turns/turn-detector",
    agent: "has a turn detector model that waits for more",
    record: "all that was said in one turn, with one wait",
  },
  async () => {
    const asked: string[] = [];
    const turnDetection = {
      model: "patience",
      provider: "acme",
      unlikelyThreshold: () => Promise.resolve(0.5),
      supportsLanguage: () => Promise.resolve(true),
      predictEndOfTurn(chat: { items: { type: string }[] }) {
        const last = chat.items.at(-1) as { textContent?: string } | undefined;
        const text = last?.textContent ?? "";
        asked.push(text);
        return Promise.resolve(text.endsWith("table") ? 0.9 : 0.1);
      },
    };
    const call = await hold({
      session: withVad({
        ...AT_ONCE,
        turnDetection,
        // What it finds unlikely to be the end would be waited for much longer than this test runs.
        endpointing: { minDelay: 0, maxDelay: 600_000 },
      }),
    });
    const answered = call.answer();
    for (const text of ["I would like", "to book a table"]) {
      const told = until(call, text);
      call.vad.startSpeech();
      call.ears.finalTranscript(text);
      await told;
      call.vad.endSpeech();
    }
    await answered;
    const { said, marks, record } = await call.finish();
    expect(asked.at(-1)).toBe("I would like to book a table");
    expect(said).toEqual([user("I would like"), user("to book a table"), agent("For how many?")]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1"]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT)]);
  },
);

const MANUAL = { turnHandling: { ...AT_ONCE, turnDetection: "manual" as const } };

row(
  {
    id: "turns/manual-commit",
    agent: 'has `turnDetection: "manual"` and calls `commitUserTurn()`',
    record: "one turn of what was said until then",
  },
  async () => {
    const call = await hold({ session: MANUAL });
    const told = until(call, "to book a table");
    call.ears.say("I would like");
    call.ears.say("to book a table");
    await told;
    await call.answerTo(() => call.session.commitUserTurn());
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([user("I would like"), user("to book a table"), agent("For how many?")]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1"]);
    expect(marks).toEqual([every("transcript_final", "turn_committed", "playback_start")]);
  },
);

/** LiveKit has told of the words, and has not made them final. */
function untilOpen(call: Call, text: string): Promise<unknown> {
  return call.next<voice.UserInputTranscribedEvent>(
    "user_input_transcribed",
    ({ transcript, isFinal }) => !isFinal && transcript === text,
  );
}

/** The key is let go before the STT has made its last words final. */
async function commitEarly(
  call: Call & { ears: ScriptedSpeechToText },
  { final, open }: { final?: string; open: string },
): Promise<void> {
  const told = untilOpen(call, open);
  call.ears.startSpeech();
  if (final !== undefined) call.ears.finalTranscript(final);
  call.ears.interimTranscript(open);
  await told;
  await call.answerTo(() => call.session.commitUserTurn());
}

row(
  {
    id: "turns/manual-commit-early",
    agent: "calls `commitUserTurn()` before the STT has made its words final",
    record: "those words, without `transcript_final`",
  },
  async () => {
    const call = await hold({ session: MANUAL });
    await commitEarly(call, { open: "hello" });
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([user("hello"), agent("Hi, how are you?")]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1"]);
    expect(marks).toEqual([every("turn_committed", "playback_start")]);
    expect(marks[0]).not.toContain("transcript_final");
  },
);

row(
  {
    id: "turns/manual-commit-early-rest",
    agent: "calls `commitUserTurn()` when only the last words are not final",
    record: "the final words and the others, each as a message of the turn",
  },
  async () => {
    const call = await hold({ session: MANUAL });
    await commitEarly(call, { final: "I would like", open: "to book a table" });
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([user("I would like"), user("to book a table"), agent("For how many?")]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_1"]);
    expect(marks).toEqual([every("transcript_final", "turn_committed", "playback_start")]);
  },
);

row(
  {
    id: "turns/manual-commit-late-final",
    agent: "gets a final transcript after its words were committed and answered",
    record:
      "what the transcript says beyond them, as words of the next turn, and nothing a second time",
  },
  async () => {
    const call = await hold({ session: MANUAL });
    await commitEarly(call, { open: "I would like to book" });
    const told = until(call, "I would like to book a table.");
    call.ears.finalTranscript("I would like to book a table.");
    await told;
    const nothingNew = until(call, "hello");
    call.ears.say("hello");
    await nothingNew;
    await call.answerTo(() => call.session.commitUserTurn());
    const { said, record } = await call.finish();
    expect(said.map(([role, text]) => [role, text])).toEqual([
      ["user", "I would like to book"],
      ["agent", "Go on."],
      ["user", "a table."],
      ["user", "hello"],
      ["agent", "Hi again."],
    ]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual([
      "t_1",
      "t_1",
      "t_2",
      "t_2",
      "t_2",
    ]);
  },
);

row(
  {
    id: "turns/manual-commit-same-final",
    agent: "gets a final transcript that says no more than the committed words",
    record: "those words once",
  },
  async () => {
    const call = await hold({ session: MANUAL });
    await commitEarly(call, { open: "hello" });
    const told = until(call, "Hello.");
    call.ears.finalTranscript("Hello.");
    await told;
    const { said } = await call.finish();
    expect(said.slice(0, 2)).toEqual([user("hello"), agent("Hi, how are you?")]);
    expect(said.filter(([role]) => role === "user")).toHaveLength(1);
  },
);

row(
  {
    id: "turns/manual-commit-early-own-ears",
    agent: "changes words in its `sttNode`, and calls `commitUserTurn()` before they are final",
    record: "those words once, as the agent took them",
  },
  async () => {
    class Ears extends voice.Agent {
      override async sttNode(...args: Parameters<voice.Agent["sttNode"]>) {
        const events = await super.sttNode(...args);
        const shout = new TransformStream<stt.SpeechEvent | string, stt.SpeechEvent | string>({
          transform(event, controller) {
            const [heard] = typeof event === "string" ? [] : (event.alternatives ?? []);
            if (typeof event === "string" || heard === undefined) return controller.enqueue(event);
            const louder = { ...heard, text: heard.text.toUpperCase() };
            controller.enqueue({ ...event, alternatives: [louder] });
          },
        });
        return events?.pipeThrough(shout) ?? null;
      }
    }
    const call = await hold({ session: MANUAL, agent: new Ears({ instructions: "" }) });
    const told = untilOpen(call, "HELLO");
    call.ears.startSpeech();
    call.ears.interimTranscript("hello");
    await told;
    await call.answerTo(() => call.session.commitUserTurn());
    const final = until(call, "HELLO.");
    call.ears.finalTranscript("hello.");
    await final;
    const { said } = await call.finish();
    expect(said.slice(0, 2)).toEqual([user("HELLO"), agent("Hi, how are you?")]);
    expect(said.filter(([role]) => role === "user")).toHaveLength(1);
  },
);

row(
  {
    id: "turns/closed-mid-sentence",
    agent: "closes its session before the STT has made words final, because the caller hangs up",
    record: "those words, because LiveKit puts them into the chat",
  },
  async () => {
    const call = await hold();
    const told = untilOpen(call, "I would like");
    call.ears.startSpeech();
    call.ears.interimTranscript("I would");
    call.ears.interimTranscript("I would like");
    await told;
    const { said } = await call.finish();
    expect(said).toEqual([user("I would like")]);
  },
);

row(
  {
    id: "turns/manual-clear",
    agent: "calls `clearUserTurn()`",
    record: 'the words in a turn of their own, with `discarded: "turn_cleared"`',
  },
  async () => {
    const call = await hold({ session: MANUAL });
    for (const text of ["no", "forget it"]) {
      const told = until(call, text);
      call.ears.say(text);
      await told;
    }
    call.session.clearUserTurn();
    const told = until(call, "hello");
    // Clearing opens a new stream of the STT.
    await call.ears.untilListening(2);
    call.ears.say("hello");
    await told;
    await call.answerTo(() => call.session.commitUserTurn());
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([user("no"), user("forget it"), user("hello"), agent("Hi, how are you?")]);
    expect(record.conversation.slice(0, 2)).toMatchObject([
      { discarded: "turn_cleared", turn_id: "t_1" },
      { discarded: "turn_cleared", turn_id: "t_1" },
    ]);
    expect(record.conversation.slice(2).map(({ turn_id }) => turn_id)).toEqual(["t_2", "t_2"]);
    expect(record.conversation[2]).not.toHaveProperty("discarded");
    expect(marks).toEqual([every("transcript_final", "turn_committed", "playback_start")]);
  },
);

row(
  {
    id: "turns/backchannel",
    agent: "hears a word of assent that is too little to interrupt (`minWords`)",
    record: "the word as a message of the user, and no interruption",
    runsAlone: true,
  },
  async () => {
    const call = await hold({
      rate: 2,
      session: {
        turnHandling: {
          ...AT_ONCE,
          turnDetection: "stt",
          interruption: { mode: "vad", minDuration: 0, minWords: 2 },
        },
      },
    });
    const speech = call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    const told = until(call, "mhm");
    call.ears.say("mhm");
    await told;
    await speech.waitForPlayout();
    await call.answerTo(() => call.ears.say("and on friday"));
    const { said, unspoken, marks, record } = await call.finish();
    expect(said).toEqual([
      agent(COUNT),
      user("mhm"),
      user("and on friday"),
      agent("On friday as well."),
    ]);
    expect(record.metrics.interruptions).toBe(0);
    expect(unspoken).toEqual([]);
    // LiveKit kept the word, and took it with what came next.
    expect(record.conversation.filter((message) => "discarded" in message)).toEqual([]);
    expect(marks[1]).toEqual(every(...WAIT));
  },
);

row(
  {
    id: "turns/interruption",
    agent: "is interrupted by words",
    record: "what was heard of the agent, `interrupted_by` the words",
    runsAlone: true,
  },
  async () => {
    const call = await hold({ rate: 1 });
    call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.5);
    const answered = call.next<voice.ConversationItemAddedEvent>(
      "conversation_item_added",
      ({ item }) => item.type === "message" && item.textContent === "Hi, how are you?",
    );
    call.ears.say("hello");
    await answered;
    const { said, marks, record } = await call.finish();
    expect(said.slice(1)).toEqual([user("hello"), agent("Hi, how are you?")]);
    expect(record.conversation[0]).toMatchObject({
      delivery: "partial",
      generated: COUNT,
      interrupted_by: record.conversation[1]?.id,
    });
    expect(record.metrics.interruptions).toBe(1);
    expect(marks[1]).toEqual(every(...WAIT));
  },
);

row(
  {
    id: "turns/false-interruption",
    agent: "pauses for a noise, and then goes on",
    record:
      "speech that was heard in full, an event `false_interruption`, and words of the noise only where LiveKit puts them into the chat at the end",
    runsAlone: true,
  },
  async () => {
    const call = await hold({
      rate: 2,
      session: {
        turnHandling: {
          ...AT_ONCE,
          turnDetection: "stt",
          interruption: { ...AT_ONCE.interruption, falseInterruptionTimeout: 50 },
        },
      },
    });
    const speech = call.session.say(COUNT);
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    const resumed = call.next("agent_false_interruption");
    call.ears.interimTranscript("uh");
    call.ears.endSpeech();
    await resumed;
    await speech.waitForPlayout();
    const { said, unspoken, events, marks, record } = await call.finish();
    // The noise was taken for a word that never became final; LiveKit takes it as it closes.
    expect(said).toEqual([agent(COUNT), user("uh")]);
    expect(unspoken).toEqual([]);
    expect(events).toEqual([["false_interruption", { resumed: true }]]);
    // The pause is no speech.
    const [message] = record.conversation;
    expect(record.metrics.agent_speech_s).toBeCloseTo(message?.audio?.duration_s ?? NaN, 1);
    expect(marks).toEqual([every("tts_start", "playback_start")]);
  },
);

row(
  {
    id: "turns/user-away",
    agent: "has a user who does not answer within `userAwayTimeout`",
    record: "the events `user_away` and `user_returned`",
  },
  async () => {
    const call = await hold({ session: { userAwayTimeout: 0.05 } });
    const away = call.next<voice.UserStateChangedEvent>(
      "user_state_changed",
      ({ newState }) => newState === "away",
    );
    await call.session.say("Are you there?").waitForPlayout();
    await away;
    await call.answerTo(() => call.ears.say("hello"));
    const { said, events, marks, record } = await call.finish();
    expect(said).toEqual([agent("Are you there?"), user("hello"), agent("Hi, how are you?")]);
    expect(events.slice(0, 2)).toEqual([
      ["user_away", {}],
      ["user_returned", {}],
    ]);
    const [left, returned] = record.events.map(({ timestamp }) => timestamp);
    expect(left && returned && left < returned).toBe(true);
    expect(marks[1]).toEqual(every(...WAIT));
  },
);

row(
  {
    id: "turns/transcription-timeout",
    agent: "has a `transcriptionTimeout`, and hears speech without words",
    record: "an event `transcription_timeout` with the seconds of speech",
    runsAlone: true,
  },
  async () => {
    const call = await hold({
      session: { ...withVad({ ...AT_ONCE, turnDetection: "vad" }), transcriptionTimeout: 50 },
    });
    const timedOut = call.next("user_transcription_timeout");
    call.vad.startSpeech();
    call.vad.endSpeech(800);
    await timedOut;
    const { said, events, marks } = await call.finish();
    expect(said).toEqual([]);
    expect(marks).toEqual([]);
    expect(events).toEqual([["transcription_timeout", { speech_s: 0.8 }]]);
  },
);

row(
  {
    id: "turns/preemptive-generation",
    agent: "begins an answer before the user has finished, and gives it up",
    record: "the answer among the `unspoken`, as `discarded`, in the turn it was meant for",
  },
  async () => {
    const call = await hold({
      session: {
        llm: new FakeLLM([
          { input: "I would like", content: "What would you like?" },
          { input: "I would like some tea", content: "Tea it is." },
        ]),
        turnHandling: {
          ...AT_ONCE,
          turnDetection: "stt",
          preemptiveGeneration: { enabled: true, preemptiveTts: true },
        },
      },
    });
    const answered = call.answer();
    call.ears.startSpeech();
    call.ears.preflightTranscript("I would like");
    await untilSynthesised(call, "What would you like?");
    call.ears.finalTranscript("I would like some tea");
    call.ears.endSpeech();
    await answered;
    const { said, unspoken, marks, record } = await call.finish();
    expect(said).toEqual([user("I would like some tea"), agent("Tea it is.")]);
    expect(unspoken).toEqual([["What would you like?", "mouth_piece_tts", "discarded"]]);
    expect(record.unspoken[0]?.turn_id).toBe("t_1");
    expect(marks).toEqual([every(...WAIT, ...THOUGHT)]);
  },
);

row(
  {
    id: "turns/realtime-server",
    agent: "has a realtime model whose server ends turns",
    record: "each exchange as a turn, both sides under `<provider>_realtime`",
  },
  async () => {
    const model = new FakeRealtime();
    const call = await holdCall(recorder, { session: { llm: model } });
    const exchanges = [
      ["hello", "Hi, how are you?"],
      ["a table for two please", "On which day?"],
    ] as const;
    for (const [asked, given] of exchanges) {
      await call.answerTo(() => {
        model.current.startSpeech();
        model.current.endSpeech();
        model.current.transcribe(asked);
        model.current.answer(given);
      });
    }
    const { said, unspoken, events, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
      ["user", "a table for two please", "acme_realtime"],
      ["agent", "On which day?", "acme_realtime", "full"],
    ]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_2", "t_2"]);
  },
);
