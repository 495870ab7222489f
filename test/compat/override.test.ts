import { ReadableStream, TransformStream } from "node:stream/web";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_API_CONNECT_OPTIONS, type llm, stt, tts, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { expect } from "vitest";
import { parseTimestamp } from "../../src/record/index.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { SpareSpeechToText, SpareTextToSpeech } from "./support/fake-services.js";
import { FakeRealtime } from "./support/fake-realtime.js";
import { type Call, type CallOptions, holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

const { FakeLLM } = voice.testing;
const recorder = useRecorder();

const HELLO = [{ input: "hello", content: "Hi, how are you?" }];
const HEARD = [
  ["user", "hello", "earwig_stt"],
  ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
];
/** From the caller's last sound to the agent's first, without the LLM and the TTS. */
const WAIT = ["speech_end", "transcript_final", "turn_committed", "playback_start"];
const THOUGHT = ["llm_start", "llm_first_token"];
const VOICE = ["tts_start", "tts_first_byte"];
const every = (...marks: string[]) => expect.arrayContaining(marks) as unknown;

type Node = NonNullable<Parameters<voice.Agent["ttsNode"]>>;

/** A call with an agent of one's own, and an LLM that answers "hello". */
async function hold(
  agent: voice.Agent,
  options: CallOptions["session"] & { rate?: number } = {},
): Promise<Call & { ears: ScriptedSpeechToText }> {
  const { rate, ...session } = options;
  const ears = new ScriptedSpeechToText();
  const call = await holdCall(recorder, {
    agent,
    ...(rate === undefined ? {} : { rate }),
    session: { stt: ears, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(HELLO), ...session },
  });
  await ears.untilListening();
  return Object.assign(call, { ears });
}

/** Says "hello" and waits until the answer was played. */
async function greet(call: Call & { ears: ScriptedSpeechToText }): Promise<void> {
  await call.answerTo(() => call.ears.say("hello"));
}

function silence(seconds: number): AudioFrame {
  const samples = Math.round(seconds * 24_000);
  return new AudioFrame(new Int16Array(samples), 24_000, 1, samples);
}

/** A stream of what a generator gives, as agents are written with it. */
function toStream<T>(source: AsyncIterable<T>): ReadableStream<T> {
  return ReadableStream.from(source);
}

function changeText(event: stt.SpeechEvent, heard: stt.SpeechData): stt.SpeechEvent {
  return { ...event, alternatives: [{ ...heard, text: heard.text.replace("helo", "hello") }] };
}

const ASK = { instructions: "Answer." };

row(
  {
    id: "override/stt-node",
    agent: "overrides `sttNode` and passes events on, as they are or in new objects",
    record: "each transcript once, with the STT's name, times and confidence",
  },
  async () => {
    class Ears extends voice.Agent {
      override async sttNode(...args: Parameters<voice.Agent["sttNode"]>) {
        const events = await super.sttNode(...args);
        return events?.pipeThrough(new TransformStream()) ?? null;
      }
    }
    const call = await hold(new Ears(ASK));
    await greet(call);
    const { said, unspoken, events, marks, record } = await call.finish();
    expect(said).toEqual(HEARD);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
    expect(record.conversation[0]).not.toHaveProperty("taken_as");
  },
);

row(
  {
    id: "override/stt-node-changes-words",
    agent: "overrides `sttNode` and changes words, or leaves some out",
    record:
      'what the STT heard as `content`, what the agent made of it as `taken_as`, and `discarded: "stt_node"` on what was left out',
  },
  async () => {
    class Ears extends voice.Agent {
      override async sttNode(...args: Parameters<voice.Agent["sttNode"]>) {
        const events = await super.sttNode(...args);
        const mend = new TransformStream<stt.SpeechEvent | string, stt.SpeechEvent | string>({
          transform(event, controller) {
            const [heard] = typeof event === "string" ? [] : (event.alternatives ?? []);
            if (typeof event === "string" || heard === undefined) controller.enqueue(event);
            else if (heard.text !== "[noise]") controller.enqueue(changeText(event, heard));
          },
        });
        return events?.pipeThrough(mend) ?? null;
      }
    }
    const call = await hold(new Ears(ASK));
    await call.answerTo(() => {
      call.ears.finalTranscript("[noise]");
      call.ears.say("helo");
    });
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "[noise]", "earwig_stt"],
      ["user", "helo", "earwig_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ discarded: "stt_node" });
    expect(record.conversation[1]).toMatchObject({ taken_as: "hello" });
    expect(marks).toEqual([every(...WAIT)]);
  },
);

/** Ears that divide what the STT hears in another way: `regroup` gives what is passed on at a final. */
function regroupingEars(regroup: (text: string) => string[]): voice.Agent {
  class Ears extends voice.Agent {
    override async sttNode(...args: Parameters<voice.Agent["sttNode"]>) {
      const events = await super.sttNode(...args);
      const divide = new TransformStream<stt.SpeechEvent | string, stt.SpeechEvent | string>({
        transform(event, controller) {
          const [heard] = typeof event === "string" ? [] : (event.alternatives ?? []);
          if (typeof event === "string" || heard === undefined) return controller.enqueue(event);
          for (const text of regroup(heard.text))
            controller.enqueue({ ...event, alternatives: [{ ...heard, text }] });
        },
      });
      return events?.pipeThrough(divide) ?? null;
    }
  }
  return new Ears(ASK);
}

row(
  {
    id: "override/stt-node-splits",
    agent: "overrides `sttNode` and passes one transcript on in pieces",
    record: "each transcript once, as it was heard",
  },
  async () => {
    const call = await hold(
      regroupingEars((text) => text.split(/(?<=\.) /)),
      { llm: new FakeLLM([{ input: "Hello. I want a table.", content: "For when?" }]) },
    );
    const told: string[] = [];
    call.session.on(voice.AgentSessionEventTypes.UserInputTranscribed, ({ transcript }) => {
      told.push(transcript);
    });
    await call.answerTo(() => call.ears.say("Hello. I want a table."));
    const { said, marks, record } = await call.finish();
    expect(told).toEqual(["Hello.", "I want a table."]);
    expect(said).toEqual([
      ["user", "Hello. I want a table.", "earwig_stt"],
      ["agent", "For when?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).not.toHaveProperty("taken_as");
    expect(record.conversation[0]).not.toHaveProperty("discarded");
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/stt-node-joins",
    agent: "overrides `sttNode` and makes one transcript of several",
    record: "each as it was heard; where words were changed, the last one has `taken_as` for all",
  },
  async () => {
    let waiting: string[] = [];
    const join = (text: string) => {
      waiting.push(text);
      if (!/(please|thanks)$/.test(text)) return [];
      const joined = waiting.join(" ").replace("for too", "for two");
      waiting = [];
      return [joined];
    };
    const call = await hold(regroupingEars(join), {
      llm: new FakeLLM([
        { input: "a table please", content: "For how many?" },
        { input: "for two thanks", content: "It is yours." },
      ]),
    });
    const exchange = async (first: string, last: string) => {
      await call.answerTo(() => {
        call.ears.startSpeech();
        call.ears.finalTranscript(first);
        call.ears.finalTranscript(last);
        call.ears.endSpeech();
      });
    };
    await exchange("a table", "please");
    await exchange("for too", "thanks");
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "a table", "earwig_stt"],
      ["user", "please", "earwig_stt"],
      ["agent", "For how many?", "mouth_piece_tts", "full"],
      ["user", "for too", "earwig_stt"],
      ["user", "thanks", "earwig_stt"],
      ["agent", "It is yours.", "mouth_piece_tts", "full"],
    ]);
    const users = record.conversation.filter(({ role }) => role === "user");
    expect(users.filter((message) => "discarded" in message)).toEqual([]);
    // Of several messages the last one has what became of all.
    expect(users.map((message) => "taken_as" in message && message.taken_as)).toEqual([
      false,
      false,
      false,
      "for two thanks",
    ]);
    expect(marks).toEqual([every(...WAIT), every(...WAIT)]);
  },
);

row(
  {
    id: "override/stt-node-of-its-own",
    agent: "overrides `sttNode` and asks no STT of LiveKit",
    record: "`custom_stt`, with the words, times and confidence that the node gives",
  },
  async () => {
    let hear: ((event: stt.SpeechEvent) => void) | undefined;
    class Ears extends voice.Agent {
      override async sttNode() {
        return new ReadableStream<stt.SpeechEvent>({
          start: (controller) => void (hear = (event) => controller.enqueue(event)),
        });
      }
    }
    const call = await holdCall(recorder, {
      agent: new Ears(ASK),
      // LiveKit calls an `sttNode` only where there is an STT as well, asked or not.
      session: {
        stt: new ScriptedSpeechToText(),
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM(HELLO),
      },
    });
    const answered = call.answer();
    const { START_OF_SPEECH, FINAL_TRANSCRIPT, END_OF_SPEECH } = stt.SpeechEventType;
    hear?.({ type: START_OF_SPEECH });
    hear?.({
      type: FINAL_TRANSCRIPT,
      alternatives: [
        {
          text: "hello",
          language: "en" as stt.SpeechData["language"],
          startTime: 0.1,
          endTime: 0.5,
          confidence: 0.75,
        },
      ],
    });
    hear?.({ type: END_OF_SPEECH });
    await answered;
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "custom_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ confidence: 0.75, language: "en" });
    expect(marks).toEqual([every(...WAIT)]);
  },
);

row(
  {
    id: "override/nodes-with-own-models",
    agent:
      "overrides `sttNode` and `ttsNode` with an STT and a TTS that are properties of the agent",
    record:
      "the user under that STT's name, the agent under that TTS's. An STT or TTS that is only in a variable of the agent's file is `custom_stt` or `custom_tts`: to find out whose stream it is is not possible without changing LiveKit's classes (`agents/src/stt/stt.ts:317`, `agents/src/tts/tts.ts:318`)",
  },
  async () => {
    class Own extends voice.Agent {
      readonly ears = new SpareSpeechToText();
      readonly mouth = new SpareTextToSpeech();

      override async sttNode() {
        const stream = this.ears.stream();
        return toStream(stream);
      }
      override async ttsNode(text: Node[0]) {
        const stream = this.mouth.stream({ connOptions: { ...DEFAULT_API_CONNECT_OPTIONS } });
        return toStream(
          (async function* () {
            for await (const piece of text) stream.pushText(piece);
            stream.endInput();
            for await (const audio of stream)
              if (audio !== tts.SynthesizeStream.END_OF_STREAM) yield audio.frame;
          })(),
        );
      }
    }
    const agent = new Own(ASK);
    const call = await holdCall(recorder, {
      agent,
      session: {
        stt: new ScriptedSpeechToText(),
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM(HELLO),
      },
    });
    await agent.ears.untilListening();
    // What an agent does with them elsewhere is not said to anybody.
    const aside = agent.mouth.stream();
    aside.pushText("Said to nobody.");
    aside.endInput();
    for await (const audio of aside) if (audio === tts.SynthesizeStream.END_OF_STREAM) break;
    await call.answerTo(() => agent.ears.say("hello"));
    const { said, unspoken, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "ferret_stt"],
      ["agent", "Hi, how are you?", "understudy_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
    expect(record.conversation).toMatchObject([{ model: "whisker-3" }, { model: "lips-9" }]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/llm-node",
    agent: "overrides `llmNode` and asks the session's LLM",
    record: "the LLM's `llm_start` and `llm_first_token`",
  },
  async () => {
    class Thinker extends voice.Agent {
      override async llmNode(...args: Parameters<voice.Agent["llmNode"]>) {
        const chunks = await super.llmNode(...args);
        if (chunks === null) return null;
        return toStream(
          (async function* () {
            for await (const chunk of chunks) yield chunk;
          })(),
        );
      }
    }
    const call = await hold(new Thinker(ASK));
    await greet(call);
    const { said, marks } = await call.finish();
    expect(said).toEqual(HEARD);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/llm-node-of-its-own",
    agent: "overrides `llmNode` and asks no LLM of LiveKit",
    record: "the call of the node as `llm_start`, and its first text as `llm_first_token`",
    runsAlone: true,
  },
  async () => {
    class Thinker extends voice.Agent {
      override async llmNode() {
        return toStream(
          (async function* (): AsyncGenerator<string | llm.ChatChunk> {
            await new Promise((resolve) => setTimeout(resolve, 60));
            yield "I thought of ";
            yield "this myself.";
          })(),
        );
      }
    }
    const call = await hold(new Thinker(ASK));
    await greet(call);
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "I thought of this myself.", "mouth_piece_tts", "full"],
    ]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
    const answer = record.conversation[1];
    const times = answer?.role === "agent" ? answer.latency?.marks : undefined;
    expect((times?.llm_first_token ?? 0) - (times?.llm_start ?? 0)).toBeGreaterThan(0.05);
  },
);

row(
  {
    id: "override/tts-node",
    agent: "overrides `ttsNode`, passes frames on, and plays sounds of its own before or between",
    record: "the TTS as the speaker; a chime is no speech and shifts no word",
  },
  async () => {
    class Speaker extends voice.Agent {
      override async ttsNode(...args: Node) {
        const frames = await super.ttsNode(...args);
        if (frames === null) return null;
        return toStream(
          (async function* () {
            // Some play a sound before they speak: that is no speech.
            yield silence(0.2);
            for await (const frame of frames) yield frame;
          })(),
        );
      }
    }
    const call = await hold(new Speaker(ASK));
    await greet(call);
    const { said, unspoken, marks, record } = await call.finish();
    expect(said).toEqual(HEARD);
    expect(unspoken).toEqual([]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
    expect(record.conversation[1]?.words?.map(({ text }) => text)).toEqual([
      "Hi,",
      "how",
      "are",
      "you?",
    ]);
  },
);

row(
  {
    id: "override/tts-node-new-frames",
    agent: "overrides `ttsNode` and makes new frames of the TTS's",
    record: "the TTS as the speaker, and what was heard by its word times",
    runsAlone: true,
  },
  async () => {
    const text = "one two three four five six seven eight nine ten";
    class Speaker extends voice.Agent {
      override async ttsNode(...args: Node) {
        const frames = await super.ttsNode(...args);
        if (frames === null) return null;
        return toStream(
          (async function* () {
            for await (const { data, sampleRate, channels, samplesPerChannel } of frames) {
              const quieter = data.map((sample) => sample / 2);
              yield new AudioFrame(quieter, sampleRate, channels, samplesPerChannel);
            }
          })(),
        );
      }
    }
    const call = await hold(new Speaker(ASK), { rate: 1 });
    await call.session.say("All of it.").waitForPlayout();
    call.session.say(text);
    await call.loudspeaker.waitUntilHeard(1, 0.5);
    await call.session.interrupt({ force: true }).await;
    const { record, unspoken } = await call.finish();
    expect(unspoken).toEqual([]);
    expect(record.conversation).toMatchObject([
      { content: "All of it.", source: "mouth_piece_tts", delivery: "full" },
      { generated: text, source: "mouth_piece_tts", delivery: "partial", heard_by: "word_times" },
    ]);
    expect(record.conversation).toHaveLength(2);
  },
);

row(
  {
    id: "override/tts-node-of-its-own",
    agent: "overrides `ttsNode`, calls no TTS and makes its own audio",
    record: "`custom_tts`, with the text it was given and all latency marks",
    runsAlone: true,
  },
  async () => {
    class Speaker extends voice.Agent {
      override async ttsNode(text: Node[0]) {
        return toStream(
          (async function* () {
            for await (const word of text) if (word.trim() !== "") yield silence(0.1);
          })(),
        );
      }
    }
    const call = await hold(new Speaker(ASK), { rate: 2 });
    await greet(call);
    call.session.say("one two three four five six seven", { addToChatCtx: false });
    await call.loudspeaker.waitUntilHeard(1, 0.03);
    await call.session.interrupt({ force: true }).await;
    const { said, unspoken, marks, record } = await call.finish();
    expect(said[0]).toEqual(["user", "hello", "earwig_stt"]);
    expect(said[1]).toEqual(["agent", "Hi, how are you?", "custom_tts", "full"]);
    expect(record.conversation[2]).toMatchObject({
      source: "custom_tts",
      heard_by: "duration_ratio",
    });
    expect(said).toHaveLength(3);
    expect(unspoken).toEqual([]);
    expect(marks[0]).toEqual(every(...WAIT, ...THOUGHT, ...VOICE));
  },
);

row(
  {
    id: "override/tts-node-slow",
    agent: "overrides `ttsNode` and makes its own audio, some time after it has read the text",
    record:
      "the first text that the node read as `tts_start` and `timestamp`, so that the node's time is `text_to_speech`",
    runsAlone: true,
  },
  async () => {
    class Slow extends voice.Agent {
      override async ttsNode(text: Node[0]) {
        return toStream(
          (async function* () {
            let words = "";
            for await (const word of text) words += word;
            await delay(200);
            if (words !== "") yield silence(0.1);
          })(),
        );
      }
    }
    const call = await hold(new Slow(ASK));
    await greet(call);
    const { said, record } = await call.finish();
    expect(said).toEqual([HEARD[0], ["agent", "Hi, how are you?", "custom_tts", "full"]]);
    const reply = record.conversation.find((message) => message.role === "agent");
    const {
      tts_start = NaN,
      tts_first_byte = NaN,
      playback_start = NaN,
    } = reply?.latency?.marks ?? {};
    expect(tts_first_byte - tts_start).toBeGreaterThanOrEqual(0.199);
    // The reply's own time is the same moment.
    const textMs = parseTimestamp(reply?.timestamp ?? "");
    const heardMs = parseTimestamp(reply?.started_at ?? "");
    expect((heardMs - textMs) / 1000).toBeCloseTo(playback_start - tts_start, 3);
  },
);

row(
  {
    id: "override/tts-node-changes-text",
    agent: "overrides `ttsNode` and changes the text",
    record: "what was spoken as `content`, and what LiveKit showed as `shown`",
  },
  async () => {
    class Speaker extends voice.Agent {
      override async ttsNode(text: Node[0], settings: Node[1]) {
        const spelt = toStream(
          (async function* () {
            for await (const word of text) yield word.replaceAll("Hi", "Good morning");
          })(),
        );
        return super.ttsNode(spelt, settings);
      }
    }
    const call = await hold(new Speaker(ASK));
    await greet(call);
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Good morning, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[1]).toMatchObject({ shown: "Hi, how are you?" });
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/tts-node-silent",
    agent: "overrides `ttsNode` and gives no audio",
    record:
      "`text_output`, because the text was shown and not spoken. A `ttsNode` that gives `null` makes LiveKit 1.8.1 itself fail (`agents/src/voice/generation.ts:899` closes what is closed again below)",
  },
  async () => {
    class Mute extends voice.Agent {
      override async ttsNode() {
        return new ReadableStream<AudioFrame>({ start: (controller) => controller.close() });
      }
    }
    const call = await hold(new Mute(ASK));
    await call.session.say("Only to be read.").waitForPlayout();
    const { said, unspoken, marks } = await call.finish();
    expect(said).toEqual([["agent", "Only to be read.", "text_output", "full"]]);
    expect({ unspoken, marks }).toEqual({ unspoken: [], marks: [[]] });
  },
);

row(
  {
    id: "override/transcription-node",
    agent: "overrides `transcriptionNode` and changes what is shown",
    record: "what was spoken as `content`, and what was shown as `shown`",
  },
  async () => {
    class Discreet extends voice.Agent {
      override async transcriptionNode(...args: Parameters<voice.Agent["transcriptionNode"]>) {
        const texts = await super.transcriptionNode(...args);
        if (texts === null) return null;
        return toStream(
          (async function* () {
            let whole = "";
            for await (const text of texts) whole += typeof text === "string" ? text : text.text;
            yield whole.replaceAll(/\d/g, "*");
          })(),
        );
      }
    }
    const call = await hold(new Discreet(ASK), {
      llm: new FakeLLM([{ input: "hello", content: "Your code is 4711." }]),
    });
    await greet(call);
    await call.session.say("Goodbye.").waitForPlayout();
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Your code is 4711.", "mouth_piece_tts", "full"],
      ["agent", "Goodbye.", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[1]).toMatchObject({ shown: "Your code is ****." });
    expect(record.conversation[2]).not.toHaveProperty("shown");
    expect(marks[0]).toEqual(every(...WAIT, ...THOUGHT, ...VOICE));
  },
);

row(
  {
    id: "override/text-transforms",
    agent: "has `ttsTextTransforms`, such as those that leave out markdown and emoji",
    record: "what went to synthesis as `content`, and the text before as `shown`",
  },
  async () => {
    const call = await hold(new voice.Agent(ASK), {
      llm: new FakeLLM([{ input: "hello", content: "That is **five** euros 🙂 please." }]),
    });
    await greet(call);
    const { said, marks, record } = await call.finish();
    expect(said[1]?.[1]).not.toContain("*");
    expect(said[1]?.slice(2)).toEqual(["mouth_piece_tts", "full"]);
    expect(record.conversation[1]).toMatchObject({ shown: "That is **five** euros 🙂 please." });
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/sounds-and-text-transforms",
    agent:
      "has `ttsTextTransforms`, and sounds without words from its `ttsNode` or put into the output",
    record: "one message: what went to synthesis as `content`, and the text before as `shown`",
  },
  async () => {
    class Chiming extends voice.Agent {
      override async ttsNode(...args: Node) {
        const frames = await super.ttsNode(...args);
        if (frames === null) return null;
        return toStream(
          (async function* () {
            yield silence(0.2);
            for await (const frame of frames) yield frame;
          })(),
        );
      }
    }
    const call = await hold(new Chiming(ASK), {
      llm: new FakeLLM([{ input: "hello", content: "**Hi**, how are you?" }]),
    });
    const { audio } = call.session.output;
    await audio?.captureFrame(silence(0.2));
    audio?.flush();
    await audio?.waitForPlayout();
    await greet(call);
    const { said, unspoken, marks, record } = await call.finish();
    expect(said).toEqual(HEARD);
    expect(unspoken).toEqual([]);
    expect(record.conversation[1]).toMatchObject({ shown: "**Hi**, how are you?" });
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/turn-hook-stops-the-reply",
    agent: "overrides `onUserTurnCompleted` and throws `StopResponse`",
    record: "the words in a turn of their own, and an event `reply_stopped`",
  },
  async () => {
    class Listener extends voice.Agent {
      override async onUserTurnCompleted(_chat: llm.ChatContext, { textContent }: llm.ChatMessage) {
        if (textContent === "let me think") throw new voice.StopResponse();
      }
    }
    const call = await hold(new Listener(ASK));
    const stopped = new Promise<void>((resolve) => {
      const completed = call.session.currentAgent.onUserTurnCompleted.bind(
        call.session.currentAgent,
      );
      call.session.currentAgent.onUserTurnCompleted = (...args) =>
        completed(...args).finally(() => resolve());
    });
    call.ears.say("let me think");
    await stopped;
    await greet(call);
    const { said, events, marks, record } = await call.finish();
    expect(said).toEqual([["user", "let me think", "earwig_stt"], ...HEARD]);
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_2", "t_2"]);
    expect(events).toEqual([["reply_stopped", {}]]);
    expect(record.events[0]?.turn_id).toBe("t_1");
    expect(marks).toEqual([every(...WAIT)]);
  },
);

row(
  {
    id: "override/turn-hook-changes-the-words",
    agent: "overrides `onUserTurnCompleted` and changes the message",
    record:
      "what was heard as `content`, and what the LLM got as `taken_as`; of several messages of a turn, the last one has it for all",
  },
  async () => {
    class Editor extends voice.Agent {
      override async onUserTurnCompleted(_chat: llm.ChatContext, message: llm.ChatMessage) {
        message.content = ["hello"];
      }
    }
    const call = await hold(new Editor(ASK));
    await call.answerTo(() => call.ears.say("hullo there"));
    const { said, marks, record } = await call.finish();
    expect(said).toEqual([
      ["user", "hullo there", "earwig_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ taken_as: "hello" });
    expect(marks).toEqual([every(...WAIT, ...THOUGHT)]);
  },
);

row(
  {
    id: "override/hooks-given-as-functions",
    agent: "is made by `Agent.create({ ttsNode, … })`",
    record: "the same as of an agent that overrides the method in a class",
  },
  async () => {
    const agent = voice.Agent.create({
      ...ASK,
      ttsNode: async function* (_ctx, text) {
        for await (const word of text) if (word.trim() !== "") yield silence(0.1);
      },
    });
    const call = await hold(agent);
    await greet(call);
    const { said, marks } = await call.finish();
    expect(said).toEqual([HEARD[0], ["agent", "Hi, how are you?", "custom_tts", "full"]]);
    expect(marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
  },
);

row(
  {
    id: "override/agent-used-again",
    agent: "serves one session after the other",
    record: "each session alike",
  },
  async () => {
    const agent = new voice.Agent(ASK);
    const first = await hold(agent);
    await greet(first);
    const before = await first.finish();
    expect(agent.updateOptions).toBe(voice.Agent.prototype.updateOptions);
    const second = await hold(agent);
    await greet(second);
    const after = await second.finish();
    expect([before.said, after.said]).toEqual([HEARD, HEARD]);
    expect(after.marks).toEqual([every(...WAIT, ...THOUGHT, ...VOICE)]);
    expect(agent.updateOptions).toBe(voice.Agent.prototype.updateOptions);
  },
);

row(
  {
    id: "override/realtime-audio-output-node",
    agent: "overrides `realtimeAudioOutputNode` and changes the sound",
    record: "`<provider>_realtime`, with the words that the model gives",
    runsAlone: true,
  },
  async () => {
    let louder = 0;
    class Speaker extends voice.Agent {
      override async realtimeAudioOutputNode(
        ...args: Parameters<voice.Agent["realtimeAudioOutputNode"]>
      ) {
        const frames = await super.realtimeAudioOutputNode(...args);
        const amplify = new TransformStream<AudioFrame, AudioFrame>({
          transform({ data, sampleRate, channels, samplesPerChannel }, controller) {
            louder += 1;
            const scaled = data.map((sample) => sample * 2);
            controller.enqueue(new AudioFrame(scaled, sampleRate, channels, samplesPerChannel));
          },
        });
        return frames?.pipeThrough(amplify) ?? null;
      }
    }
    const model = new FakeRealtime();
    const call = await holdCall(recorder, { agent: new Speaker(ASK), session: { llm: model } });
    await call.answerTo(() => {
      model.current.startSpeech();
      model.current.endSpeech();
      model.current.transcribe("hello");
      model.current.answer("Hi, how are you?");
    });
    const { said, unspoken, record } = await call.finish();
    expect(louder).toBeGreaterThan(0);
    expect(said).toEqual([
      ["user", "hello", "acme_realtime"],
      ["agent", "Hi, how are you?", "acme_realtime", "full"],
    ]);
    expect(unspoken).toEqual([]);
    expect(record.conversation[1]?.audio?.duration_s).toBeCloseTo(0.8);
  },
);
