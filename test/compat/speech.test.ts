import { stt, tokenize, tts, voice } from "@livekit/agents";
import * as cartesia from "@livekit/agents-plugin-cartesia";
import * as deepgram from "@livekit/agents-plugin-deepgram";
import { expect, onTestFinished, vi } from "vitest";
import { CallerMicrophone } from "../../src/demo/caller-microphone.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import {
  NamedSentenceTextToSpeech,
  RecordingSpeechToText,
  ScriptedVoiceActivity,
  SpareSpeechToText,
  SpareTextToSpeech,
} from "./support/fake-services.js";
import { holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";
import { startSpeechGateway } from "./support/speech-gateway.js";

const { FakeLLM } = voice.testing;
const HELLO = [
  { input: "hello", content: "Hi, how are you?" },
  { input: "goodbye", content: "See you soon." },
];

/** What an answer to speech is timed by. */
const ANSWER_MARKS = [
  "speech_end",
  "transcript_final",
  "turn_committed",
  "llm_start",
  "llm_first_token",
  "tts_start",
  "tts_first_byte",
  "playback_start",
  "playback_end",
];
/** What everything that is spoken is timed by, e.g. a greeting. */
const SPEECH_MARKS = ["tts_start", "tts_first_byte", "playback_start"];

const recorder = useRecorder();

row(
  {
    id: "speech/any-plugin",
    agent: "has an STT and a TTS of any LiveKit plugin",
    record:
      "both sides under the provider's name that the plugin gives, or under the server's name where the plugin names a server (`api.groq.com`)",
  },
  async () => {
    const ears = new ScriptedSpeechToText();
    const call = await holdCall(recorder, {
      session: { stt: ears, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(HELLO) },
    });
    await ears.untilListening();
    await call.answerTo(() => ears.say("hello"));
    const { said, unspoken, events, marks } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(marks).toEqual([expect.arrayContaining(ANSWER_MARKS)]);
    expect(call.problems).toEqual([]);
  },
);

row(
  {
    id: "speech/stt-translates",
    agent: "has an STT that tells speakers apart, or translates",
    record:
      "`speaker`, the words as they were spoken as `source_text`, their language as `source_language`, and the translation as `content`",
  },
  async () => {
    const ears = new ScriptedSpeechToText();
    const call = await holdCall(recorder, {
      session: { stt: ears, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(HELLO) },
    });
    await ears.untilListening();
    const answered = call.answer();
    ears.say("hello", {
      speakerId: "S2",
      source: [
        { language: "es", text: "hola," },
        { language: "fr", text: "salut" },
      ],
    });
    await answered;
    const { record, spans } = await call.finish();

    const source = { source_text: "hola, salut", source_language: "es, fr" };
    expect(record.conversation[0]).toMatchObject({ content: "hello", speaker: "S2", ...source });
    expect(Object.keys(record.conversation[1] ?? {})).not.toContain("source_text");
    const heard = spans.find(({ attributes }) => attributes["talktrace.speaker"] === "S2");
    expect(heard?.attributes).toMatchObject({
      content: "hello",
      "talktrace.source_text": source.source_text,
      "talktrace.source_language": source.source_language,
    });
  },
);

row(
  {
    id: "speech/stt-fallback",
    agent: "has an `stt.FallbackAdapter`, whose first STT breaks down",
    record:
      "each transcript once, by the STT that heard it, and a `service_switch` with the error behind it; what the first STT hears while LiveKit probes it is not recorded twice",
  },
  async () => {
    const first = new ScriptedSpeechToText();
    const spare = new SpareSpeechToText();
    const ears = new stt.FallbackAdapter({ sttInstances: [first, spare], maxRetryPerSTT: 0 });
    const call = await holdCall(recorder, {
      session: { stt: ears, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(HELLO) },
    });
    await first.untilListening();
    await call.answerTo(() => first.say("hello"));
    first.breakDown("the line to the provider broke");
    await spare.untilListening();
    const answeredAgain = call.answer();
    // The first one is asked again whether it hears, with the caller's own words.
    first.say("goodbye");
    spare.say("goodbye");
    await answeredAgain;
    const { said, unspoken, events, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
      ["user", "goodbye", "ferret_stt"],
      ["agent", "See you soon.", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation.map(({ model }) => model)).toEqual([
      "lobe-1",
      "lips-2",
      "whisker-3",
      "lips-2",
    ]);
    expect(unspoken).toEqual([]);
    expect(events).toEqual([
      [
        "service_switch",
        {
          kind: "stt",
          from: "earwig_stt",
          to: "ferret_stt",
          from_model: "lobe-1",
          to_model: "whisker-3",
          error: "the line to the provider broke",
        },
      ],
    ]);
    expect(marks).toEqual([
      expect.arrayContaining(ANSWER_MARKS),
      expect.arrayContaining(ANSWER_MARKS),
    ]);
  },
);

row(
  {
    id: "speech/tts-fallback",
    agent: "has a `tts.FallbackAdapter`, whose first TTS fails before it made a sound",
    record: "the reply once, by the TTS that spoke it, and a `service_switch`",
  },
  async () => {
    const first = new ScriptedTextToSpeech({ failAfterS: 0 });
    const mouth = new tts.FallbackAdapter({
      ttsInstances: [first, new SpareTextToSpeech({ sampleRate: 16_000 })],
      maxRetryPerTTS: 0,
      // So that nothing of what it says to find out is made while the call lasts.
      recoveryDelayMs: 60_000,
    });
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: mouth },
    });
    await call.session.say("Welcome to the clinic.").waitForPlayout();
    const { said, unspoken, events, marks, record, spans } = await call.finish();

    expect(said).toEqual([["agent", "Welcome to the clinic.", "understudy_tts", "full"]]);
    expect(record.conversation[0]).toMatchObject({ model: "lips-9" });
    expect(spans.map(({ name }) => name)).toContain("text_to_speech lips-9");
    expect(unspoken).toEqual([]);
    expect(events.filter(([type]) => type !== "error")).toEqual([
      [
        "service_switch",
        {
          kind: "tts",
          from: "mouth_piece_tts",
          to: "understudy_tts",
          from_model: "lips-2",
          to_model: "lips-9",
          message_id: "m_1",
          error: "the voice broke",
        },
      ],
    ]);
    expect(marks).toEqual([expect.arrayContaining(SPEECH_MARKS)]);
  },
);

row(
  {
    id: "speech/fallback-shared",
    agent:
      "shares `FallbackAdapter`s with earlier sessions, in which their first models broke down",
    record:
      "the models that serve now, and no `service_switch`, because nothing changed in this session",
  },
  async () => {
    const deaf = new ScriptedSpeechToText();
    const spareEars = new SpareSpeechToText();
    const ears = new stt.FallbackAdapter({ sttInstances: [deaf, spareEars], maxRetryPerSTT: 0 });
    const mouth = new tts.FallbackAdapter({
      ttsInstances: [new ScriptedTextToSpeech({ failAfterS: 0 }), new SpareTextToSpeech()],
      maxRetryPerTTS: 0,
      recoveryDelayMs: 60_000,
    });
    const hold = () =>
      holdCall(recorder, { session: { stt: ears, tts: mouth, llm: new FakeLLM(HELLO) } });
    const exchange = async (call: Awaited<ReturnType<typeof hold>>) => {
      await call.answerTo(() => spareEars.say("goodbye"));
      const { said, events } = await call.finish();
      return { said, changes: events.filter(([type]) => type === "service_switch") };
    };
    const before = await hold();
    await deaf.untilListening();
    const greeted = before.answer();
    deaf.say("hello");
    await greeted;
    deaf.breakDown("the line to the provider broke");
    await spareEars.untilListening();
    const first = await exchange(before);
    const after = await hold();
    await spareEars.untilListening(2);
    const second = await exchange(after);

    const parting = [
      ["user", "goodbye", "ferret_stt"],
      ["agent", "See you soon.", "understudy_tts", "full"],
    ];
    expect(first).toMatchObject({
      said: [
        ["user", "hello", "earwig_stt"],
        ["agent", "Hi, how are you?", "understudy_tts", "full"],
        ...parting,
      ],
      changes: [
        ["service_switch", { kind: "tts", from: "mouth_piece_tts", to: "understudy_tts" }],
        ["service_switch", { kind: "stt", from: "earwig_stt", to: "ferret_stt" }],
      ],
    });
    expect(second).toEqual({ said: parting, changes: [] });
  },
);

row(
  {
    id: "speech/tts-fallback-broken-off",
    agent:
      "has a `tts.FallbackAdapter`, whose TTS breaks off in the middle of a reply, which LiveKit takes for its end",
    record: "what was heard, `partial`, and an `error`",
  },
  async () => {
    // LiveKit takes a reply that breaks off after its first sound for one that ended.
    const mouth = new tts.FallbackAdapter({
      ttsInstances: [new ScriptedTextToSpeech({ failAfterS: 0.55 }), new SpareTextToSpeech()],
      maxRetryPerTTS: 0,
      recoveryDelayMs: 60_000,
    });
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: mouth },
    });
    await call.session.say("Welcome to the clinic.").waitForPlayout();
    const { said, unspoken, events, record } = await call.finish();

    expect(said).toEqual([["agent", "Welcome to", "mouth_piece_tts", "partial"]]);
    expect(record.conversation[0]).toMatchObject({ generated: "Welcome to the clinic." });
    expect(unspoken).toEqual([]);
    expect(events.map(([type]) => type)).toEqual(["error"]);
  },
);

row(
  {
    id: "speech/tts-fallback-failed",
    agent: "has a `tts.FallbackAdapter` whose every TTS fails",
    record: "the reply among the `unspoken`, under the TTS that was asked first",
  },
  async () => {
    const mouth = new tts.FallbackAdapter({
      ttsInstances: [
        new ScriptedTextToSpeech({ failAfterS: 0 }),
        new SpareTextToSpeech({ failAfterS: 0 }),
      ],
      maxRetryPerTTS: 0,
      recoveryDelayMs: 60_000,
    });
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: mouth },
    });
    await call.session.say("Welcome to the clinic.").waitForPlayout();
    const { said, unspoken } = await call.finish();

    expect(said).toEqual([]);
    expect(unspoken).toEqual([["Welcome to the clinic.", "mouth_piece_tts", "failed"]]);
  },
);

row(
  {
    id: "speech/tts-fallback-mid-reply",
    agent:
      "has a `tts.FallbackAdapter` over TTSs that speak sentence by sentence, and one fails in the middle of a reply",
    record: "each sentence by the TTS that spoke it, and a `service_switch` between them",
  },
  async () => {
    const first = new NamedSentenceTextToSpeech({ gate: true });
    const second = new SpareSentences({});
    const mouth = new tts.FallbackAdapter({
      ttsInstances: [first, second],
      maxRetryPerTTS: 0,
      recoveryDelayMs: 60_000,
    });
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: mouth },
    });
    const spoken = call.session
      .say("Welcome to the clinic on the hill. We are open until six today.")
      .waitForPlayout();
    await first.untilAsked(1);
    first.release(0);
    await first.untilAsked(2);
    // LiveKit takes a sentence without sound for a failure.
    first.options.secondsPerCharacter = 0;
    first.release(1);
    await spoken;
    const { said, unspoken, events } = await call.finish();

    expect(said).toEqual([
      ["agent", "Welcome to the clinic on the hill.", "polly_parrot_tts", "full"],
      ["agent", "We are open until six today.", "magpie_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
    expect(events.filter(([type]) => type !== "error")).toEqual([
      [
        "service_switch",
        {
          kind: "tts",
          from: "polly_parrot_tts",
          to: "magpie_tts",
          from_model: "beak-1",
          message_id: "m_2",
        },
      ],
    ]);
  },
);

row(
  {
    id: "speech/stt-stream-adapter",
    agent: "puts an STT without streaming into an `stt.StreamAdapter`",
    record: "each transcript once, under the provider and model behind the adapter",
  },
  async () => {
    const ears = new RecordingSpeechToText();
    const activity = new ScriptedVoiceActivity();
    const call = await holdCall(recorder, {
      session: {
        stt: new stt.StreamAdapter(ears, activity),
        vad: activity,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM(HELLO),
        turnHandling: {
          turnDetection: "vad",
          interruption: { mode: "vad" },
          endpointing: { minDelay: 0, maxDelay: 0 },
        },
      },
    });
    ears.willHear("hello");
    await call.answerTo(() => {
      activity.start();
      activity.end();
    });
    const { said, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "dicta_phone_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ model: "tape-1", confidence: 0.8 });
    expect(marks).toEqual([expect.arrayContaining(ANSWER_MARKS)]);
  },
);

row(
  {
    id: "speech/stt-without-stream",
    agent: "gives an STT without streaming to LiveKit as it is, with a VAD",
    record: "each transcript once, under the STT's provider and model",
  },
  async () => {
    const ears = new RecordingSpeechToText();
    const activity = new ScriptedVoiceActivity();
    const call = await holdCall(recorder, {
      session: {
        stt: ears,
        vad: activity,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM(HELLO),
        turnHandling: {
          turnDetection: "vad",
          interruption: { mode: "vad" },
          endpointing: { minDelay: 0, maxDelay: 0 },
        },
      },
    });
    ears.willHear("hello");
    await call.answerTo(() => {
      activity.start();
      activity.end();
    });
    const { said, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "dicta_phone_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ model: "tape-1" });
  },
);

row(
  {
    id: "speech/tts-stream-adapter",
    agent: "puts a TTS without streaming into a `tts.StreamAdapter`",
    record: "each reply once, under the provider and model behind the adapter",
  },
  async () => {
    const mouth = new tts.StreamAdapter(
      new NamedSentenceTextToSpeech(),
      new tokenize.basic.SentenceTokenizer(),
    );
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: mouth },
    });
    await call.session
      .say("Welcome to the clinic on the hill. We are open until six today.")
      .waitForPlayout();
    const { said, unspoken, events, marks, record } = await call.finish();

    expect(said).toEqual([
      [
        "agent",
        "Welcome to the clinic on the hill. We are open until six today.",
        "polly_parrot_tts",
        "full",
      ],
    ]);
    expect(record.conversation[0]).toMatchObject({ model: "beak-1" });
    expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
    expect(marks).toEqual([expect.arrayContaining(SPEECH_MARKS)]);
  },
);

row(
  {
    id: "speech/tts-sentence-failed",
    agent:
      "has a TTS in a `tts.StreamAdapter`, and one sentence of a reply fails, which LiveKit leaves out",
    record:
      "the sentences that were spoken, `partial`, the whole as `generated`, and an `error`; later replies are not affected",
  },
  async () => {
    const inner = new NamedSentenceTextToSpeech({ gate: true });
    const mouth = new tts.StreamAdapter(inner, new tokenize.basic.SentenceTokenizer());
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: mouth },
    });
    const [first, second, third] = [
      "Welcome to the clinic on the hill.",
      "We are open until six today.",
      "Please ask for the nurse.",
    ];
    const spoken = call.session.say(`${first} ${second} ${third}`).waitForPlayout();
    await inner.untilAsked(3);
    const failed = call.next("error");
    inner.options.failAfterS = 0;
    inner.release(1);
    await failed;
    delete inner.options.failAfterS;
    inner.release(2);
    inner.release(0);
    await spoken;
    const spokenAgain = call.session.say(third).waitForPlayout();
    await inner.untilAsked(4);
    inner.release(3);
    await spokenAgain;
    const { said, unspoken, events, record } = await call.finish();

    expect(said).toEqual([
      ["agent", `${first} ${third}`, "polly_parrot_tts", "partial"],
      ["agent", third, "polly_parrot_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ generated: `${first} ${second} ${third}` });
    expect(unspoken).toEqual([]);
    expect(events.map(([type]) => type)).toEqual(["error"]);
  },
);

row(
  {
    id: "speech/inference-names",
    agent:
      "names its models (`deepgram/nova-3`, `cartesia/sonic-3`), which LiveKit Inference serves",
    record: "the provider behind the name (`deepgram_stt`, model `nova-3`), and the `gateway`",
    runsAlone: true,
  },
  async () => {
    const gateway = await startSpeechGateway();
    vi.stubEnv("LIVEKIT_INFERENCE_URL", `http://${gateway.host}`);
    vi.stubEnv("LIVEKIT_API_KEY", "key");
    vi.stubEnv("LIVEKIT_API_SECRET", "a secret that is long enough for it");
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await gateway.stop();
    });
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      session: { stt: "deepgram/nova-3", tts: "cartesia/sonic-3:voice-7", llm: new FakeLLM(HELLO) },
    });
    await gateway.untilHearing();
    await call.answerTo(() => gateway.hear("hello"));
    const { said, unspoken, marks, record, spans } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "deepgram_stt"],
      ["agent", "Hi, how are you?", "cartesia_tts", "full"],
    ]);
    expect(record.conversation).toMatchObject([
      { model: "nova-3", gateway: "livekit_inference", confidence: 0.95 },
      { model: "sonic-3", gateway: "livekit_inference" },
    ]);
    expect(unspoken).toEqual([]);
    expect(
      spans
        .filter(({ attributes }) => attributes["talktrace.gateway"] !== undefined)
        .map(({ name, attributes }) => [name, attributes["gen_ai.provider.name"]]),
    ).toEqual([
      ["speech_to_text nova-3", "deepgram"],
      ["text_to_speech sonic-3", "cartesia"],
    ]);
    expect(marks).toEqual([expect.arrayContaining(ANSWER_MARKS)]);
  },
);

row(
  {
    id: "speech/deepgram-flux",
    agent: "hears with Deepgram's `STTv2` (Flux)",
    record: "its turns, without `words`, because Flux gives them no times",
  },
  async () => {
    const gateway = await startSpeechGateway();
    onTestFinished(() => gateway.stop());
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      session: {
        stt: new deepgram.STTv2({ apiKey: "key", endpointUrl: `ws://${gateway.host}/v2/listen` }),
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM(HELLO),
      },
    });
    await gateway.untilHearing();
    await call.answerTo(() => gateway.hear("hello"));
    const { said, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "deepgram_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({
      model: "flux-general-en",
      confidence: 0.75,
      audio: { duration_s: 1.2 },
    });
    expect(record.conversation[0]).not.toHaveProperty("words");
    expect(marks).toEqual([expect.arrayContaining(ANSWER_MARKS)]);
  },
);

row(
  {
    id: "speech/cartesia-ears",
    agent: "hears with Cartesia's `STT`",
    record: "its turns, without `confidence`, because it gives none",
  },
  async () => {
    const gateway = await startSpeechGateway();
    onTestFinished(() => gateway.stop());
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      session: {
        stt: new cartesia.STT({ apiKey: "key", baseUrl: `http://${gateway.host}` }),
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM(HELLO),
      },
    });
    await gateway.untilHearing();
    await call.answerTo(() => gateway.hear("hello"));
    const { said, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "cartesia_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
    ]);
    expect(record.conversation[0]).toMatchObject({ model: "ink-2", language: "en" });
    expect(record.conversation[0]).not.toHaveProperty("confidence");
    expect(marks).toEqual([expect.arrayContaining(ANSWER_MARKS)]);
  },
);

row(
  {
    id: "speech/deepgram-voice",
    agent: "speaks with Deepgram's `TTS`",
    record: "its replies under `deepgram_tts`",
  },
  async () => {
    const gateway = await startSpeechGateway();
    onTestFinished(() => gateway.stop());
    const call = await holdCall(recorder, {
      session: {
        stt: new ScriptedSpeechToText(),
        tts: new deepgram.TTS({ apiKey: "key", baseUrl: `http://${gateway.host}` }),
      },
    });
    await call.session.say("Welcome to the clinic.").waitForPlayout();
    const { said, unspoken, marks, record } = await call.finish();

    expect(said).toEqual([["agent", "Welcome to the clinic.", "deepgram_tts", "full"]]);
    expect(record.conversation[0]).toMatchObject({ model: "aura-2-andromeda-en" });
    expect(unspoken).toEqual([]);
    expect(marks).toEqual([expect.arrayContaining(SPEECH_MARKS)]);
  },
);

row(
  {
    id: "speech/options-changed",
    agent: "changes a model by `updateOptions()` during a call",
    record: "each message under the model as it was at the time",
  },
  async () => {
    const gateway = await startSpeechGateway();
    onTestFinished(() => gateway.stop());
    const ears = new deepgram.STTv2({
      apiKey: "key",
      endpointUrl: `ws://${gateway.host}/v2/listen`,
    });
    const mouth = new deepgram.TTS({ apiKey: "key", baseUrl: `http://${gateway.host}` });
    const call = await holdCall(recorder, {
      microphone: new CallerMicrophone(),
      session: { stt: ears, tts: mouth, llm: new FakeLLM(HELLO) },
    });
    await gateway.untilHearing();
    await call.answerTo(() => gateway.hear("hello"));
    ears.updateOptions({ model: "flux-general-multi" });
    mouth.updateOptions({ model: "aura-2-zeus-en" });
    await gateway.untilHearing(2);
    await call.answerTo(() => gateway.hear("goodbye"));
    const { said, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "deepgram_stt"],
      ["agent", "Hi, how are you?", "deepgram_tts", "full"],
      ["user", "goodbye", "deepgram_stt"],
      ["agent", "See you soon.", "deepgram_tts", "full"],
    ]);
    expect(record.conversation.map(({ model }) => model)).toEqual([
      "flux-general-en",
      "aura-2-andromeda-en",
      "flux-general-multi",
      "aura-2-zeus-en",
    ]);
  },
);

row(
  {
    id: "speech/handoff-models",
    agent: "hands over to an agent with an STT, an LLM and a TTS of its own",
    record: "each message under the model of the agent that was active",
  },
  async () => {
    const first = new ScriptedSpeechToText();
    const second = new SpareSpeechToText();
    const specialist = new voice.Agent({
      id: "specialist",
      instructions: "Answer.",
      stt: second,
      tts: new SpareTextToSpeech(),
      llm: new FakeLLM([{ input: "hello", content: "This is the specialist." }]),
    });
    const call = await holdCall(recorder, {
      agent: new voice.Agent({ id: "front-desk", instructions: "Answer." }),
      session: { stt: first, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(HELLO) },
    });
    await first.untilListening();
    await call.answerTo(() => first.say("hello"));
    call.session.updateAgent(specialist);
    await second.untilListening();
    await call.answerTo(() => second.say("hello"));
    const { said, events, marks, record } = await call.finish();

    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
      ["user", "hello", "ferret_stt"],
      ["agent", "This is the specialist.", "understudy_tts", "full"],
    ]);
    expect(record.conversation.map((message) => ("agent" in message ? message.agent : ""))).toEqual(
      ["", "front-desk", "", "specialist"],
    );
    expect(events).toEqual([["agent_handoff", { from: "front-desk", to: "specialist" }]]);
    expect(marks).toEqual([
      expect.arrayContaining(ANSWER_MARKS),
      expect.arrayContaining(ANSWER_MARKS),
    ]);
  },
);

/** A second TTS that speaks sentences; it names no model. */
class SpareSentences extends NamedSentenceTextToSpeech {
  override label = "magpie.TTS";

  override get provider(): string {
    return "Magpie";
  }

  override get model(): string {
    return "unknown";
  }
}
