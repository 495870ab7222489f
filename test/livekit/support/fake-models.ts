import { ReadableStream } from "node:stream/web";
import { APIConnectionError, stt, tts, voice } from "@livekit/agents";
import type { APIConnectOptions, LanguageCode } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";

/** The values of LiveKit's `SpeechEventType`. */
const {
  START_OF_SPEECH,
  INTERIM_TRANSCRIPT,
  PREFLIGHT_TRANSCRIPT,
  FINAL_TRANSCRIPT,
  END_OF_SPEECH,
} = stt.SpeechEventType;

export interface Heard {
  language?: string;
  confidence?: number;
  words?: [text: string, startS: number, endS: number][];
  speakerId?: string;
  /** What was said, and in which language, where `text` is its translation. */
  source?: { language: string; text: string }[];
}

/** An STT that hears what the test says, with a provider's name of its own. */
export class ScriptedSpeechToText extends stt.STT {
  label = "earwig.STT";
  readonly #streams: ScriptedSpeechStream[] = [];
  readonly #onStream: (() => void)[] = [];

  constructor() {
    super({ streaming: true, interimResults: false, alignedTranscript: "word" });
  }

  override get provider(): string {
    return "Earwig";
  }

  override get model(): string {
    return "lobe-1";
  }

  override stream(): stt.SpeechStream {
    const stream = new ScriptedSpeechStream(this);
    this.#streams.push(stream);
    for (const resolve of this.#onStream.splice(0)) resolve();
    return stream;
  }

  /** Resolves when LiveKit has opened a stream, or as many as are asked for. */
  async untilListening(count = 1): Promise<void> {
    while (this.#streams.length < count)
      await new Promise<void>((resolve) => this.#onStream.push(resolve));
  }

  interimTranscript(text: string): void {
    this.#latest().send({ type: INTERIM_TRANSCRIPT, alternatives: [wordless(text)] });
  }

  /** What the STT is sure enough of to begin an answer, though more may follow. */
  preflightTranscript(text: string): void {
    this.#latest().send({ type: PREFLIGHT_TRANSCRIPT, alternatives: [wordless(text)] });
  }

  startSpeech(): void {
    this.#latest().send({ type: START_OF_SPEECH });
  }

  finalTranscript(text: string, heard: Heard = {}): void {
    const words = (heard.words ?? []).map(([word, startTime, endTime]) =>
      voice.createTimedString({ text: word, startTime, endTime }),
    );
    this.#latest().send({
      type: FINAL_TRANSCRIPT,
      alternatives: [
        {
          text,
          language: (heard.language ?? "en") as LanguageCode,
          confidence: heard.confidence ?? 0.9,
          startTime: words[0]?.startTime ?? 0,
          endTime: words.at(-1)?.endTime ?? 0,
          words,
          ...(heard.speakerId !== undefined && { speakerId: heard.speakerId }),
          ...(heard.source !== undefined && {
            sourceTexts: heard.source.map(({ text: part }) => part),
            sourceLanguages: heard.source.map(({ language }) => language as LanguageCode),
          }),
        },
      ],
    });
  }

  endSpeech(): void {
    this.#latest().send({ type: END_OF_SPEECH });
  }

  /** One utterance, as an STT that ends turns itself reports it. */
  say(text: string, heard: Heard = {}): void {
    this.startSpeech();
    this.finalTranscript(text, heard);
    this.endSpeech();
  }

  /** The provider is gone: the stream ends with an error. */
  breakDown(why: string): void {
    this.#latest().fail(new Error(why));
  }

  protected override _recognize(): Promise<stt.SpeechEvent> {
    return Promise.reject(new Error("this STT streams"));
  }

  #latest(): ScriptedSpeechStream {
    const stream = this.#streams.at(-1);
    if (stream === undefined) throw new Error("LiveKit has opened no stream");
    return stream;
  }
}

function wordless(text: string): stt.SpeechData {
  return { text, language: "en" as LanguageCode, confidence: 0.9, startTime: 0, endTime: 0 };
}

class ScriptedSpeechStream extends stt.SpeechStream {
  label = "earwig.SpeechStream";
  #end: (() => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  fail(error: Error): void {
    this.#fail?.(error);
  }

  send(event: stt.SpeechEvent): void {
    this.queue.put(event);
  }

  override close(): void {
    super.close();
    this.#end?.();
  }

  protected override run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
  }
}

export interface VoiceOptions {
  /** Seconds of audio for each character of text. */
  secondsPerCharacter?: number;
  withWordTimes?: boolean;
  sampleRate?: number;
  /** Fails after this many seconds of audio; 0 fails before the first. */
  failAfterS?: number;
  /** Breaks off once after this many seconds of audio, in a way that LiveKit tries again. */
  breaksOnceAfterS?: number;
  /** Gives each word's time with the frame in which it begins, as Cartesia does. Default: all at once. */
  givesTimesLate?: boolean;
  /** Gives word times that cannot be read by whoever looks into them; LiveKit does not. */
  breaksObservers?: boolean;
  /** Gives each sentence only when the test releases it. */
  gate?: boolean;
  /** Gives no more audio after this many seconds until it is closed. */
  stallAfterS?: number;
}

const FRAME_S = 0.05;

/** Silent speech of a length that follows the text, with the words' times. */
class Speech {
  readonly #options: VoiceOptions;
  readonly sampleRate: number;

  constructor(options: VoiceOptions) {
    this.#options = options;
    this.sampleRate = options.sampleRate ?? 24_000;
  }

  *frames(text: string): Generator<{ frame: AudioFrame; words: voice.TimedString[] }> {
    const perCharacter = this.#options.secondsPerCharacter ?? 0.05;
    const words = [...text.matchAll(/\S+/g)].map((match) =>
      voice.createTimedString({
        text: match[0],
        startTime: match.index * perCharacter,
        endTime: (match.index + match[0].length) * perCharacter,
      }),
    );
    const totalS = text.trimEnd().length * perCharacter;
    for (let atS = 0; atS < totalS; atS += FRAME_S) {
      if (this.#options.failAfterS !== undefined && atS >= this.#options.failAfterS) {
        throw new Error("the voice broke");
      }
      const samples = Math.round(Math.min(FRAME_S, totalS - atS) * this.sampleRate);
      const isWithFrame = ({ startTime = 0 }: voice.TimedString) =>
        this.#options.givesTimesLate === true
          ? startTime >= atS && startTime < atS + FRAME_S
          : atS === 0;
      yield {
        frame: new AudioFrame(new Int16Array(samples), this.sampleRate, 1, samples),
        words:
          this.#options.breaksObservers === true
            ? unreadableWords()
            : this.#options.withWordTimes !== false
              ? words.filter(isWithFrame)
              : [],
      };
    }
  }
}

function unreadableWords(): voice.TimedString[] {
  const words: voice.TimedString[] = [];
  words[Symbol.iterator] = () => {
    throw new Error("these words cannot be read");
  };
  return words;
}

/** A TTS that streams, with a provider's name of its own. */
export class ScriptedTextToSpeech extends tts.TTS {
  label = "mouthpiece.TTS";
  readonly options: VoiceOptions;

  constructor(options: VoiceOptions = {}) {
    super(options.sampleRate ?? 24_000, 1, { streaming: true, alignedTranscript: true });
    this.options = options;
  }

  override get provider(): string {
    return "Mouth Piece";
  }

  override get model(): string {
    return "lips-2";
  }

  override synthesize(): tts.ChunkedStream {
    throw new Error("this TTS streams");
  }

  override stream(options?: { connOptions?: APIConnectOptions }): tts.SynthesizeStream {
    return new ScriptedSynthesizeStream(this, options?.connOptions);
  }
}

class ScriptedSynthesizeStream extends tts.SynthesizeStream {
  label = "mouthpiece.SynthesizeStream";
  readonly #owner: ScriptedTextToSpeech;
  #text = "";
  #hasBroken = false;

  constructor(owner: ScriptedTextToSpeech, connOptions?: APIConnectOptions) {
    super(owner, connOptions);
    this.#owner = owner;
  }

  protected override async run(): Promise<void> {
    for await (const piece of this.input) {
      if (typeof piece === "string") this.#text += piece;
    }
    const text = this.#text;
    const { options } = this.#owner;
    const requestId = `req-${text.length}`;
    let givenS = 0;
    for (const { frame, words } of new Speech(options).frames(text)) {
      if (this.abortSignal.aborted) return;
      if (options.stallAfterS !== undefined && givenS >= options.stallAfterS) {
        await new Promise((resolve) => this.abortSignal.addEventListener("abort", resolve));
        return;
      }
      const { breaksOnceAfterS } = options;
      if (breaksOnceAfterS !== undefined && givenS >= breaksOnceAfterS && !this.#hasBroken) {
        this.#hasBroken = true;
        throw new APIConnectionError({ message: "the voice broke off" });
      }
      givenS += frame.samplesPerChannel / frame.sampleRate;
      this.queue.put({
        requestId,
        segmentId: requestId,
        frame,
        final: false,
        timedTranscripts: words,
      });
    }
    this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
  }
}

/** A TTS that does not stream: LiveKit has it speak one sentence at a time. */
export class SentenceTextToSpeech extends tts.TTS {
  label = "parrot.TTS";
  readonly options: VoiceOptions;
  readonly #releases: (() => void)[] = [];
  #onAsked: (() => void) | undefined;

  constructor(options: VoiceOptions = {}) {
    super(options.sampleRate ?? 24_000, 1, { streaming: false });
    this.options = options;
  }

  /** Resolves when LiveKit has asked for so many sentences. */
  async untilAsked(count: number): Promise<void> {
    while (this.#releases.length < count)
      await new Promise<void>((resolve) => (this.#onAsked = resolve));
  }

  release(index: number): void {
    this.#releases[index]?.();
  }

  wait(): Promise<void> {
    if (this.options.gate !== true) return Promise.resolve();
    return new Promise((resolve) => {
      this.#releases.push(resolve);
      this.#onAsked?.();
    });
  }

  override synthesize(
    text: string,
    connOptions?: APIConnectOptions,
    abort?: AbortSignal,
  ): tts.ChunkedStream {
    return new SentenceStream(text, this, connOptions, abort);
  }

  override stream(): tts.SynthesizeStream {
    throw new Error("this TTS does not stream");
  }
}

class SentenceStream extends tts.ChunkedStream {
  label = "parrot.ChunkedStream";
  readonly #owner: SentenceTextToSpeech;
  readonly #text: string;

  constructor(
    text: string,
    owner: SentenceTextToSpeech,
    connOptions?: APIConnectOptions,
    abort?: AbortSignal,
  ) {
    super(text, owner, connOptions, abort);
    this.#owner = owner;
    this.#text = text;
  }

  protected override async run(): Promise<void> {
    await this.#owner.wait();
    try {
      for (const { frame } of new Speech({ ...this.#owner.options, withWordTimes: false }).frames(
        this.#text,
      )) {
        this.queue.put({ requestId: "parrot", segmentId: "", frame, final: false });
      }
    } catch (error) {
      // As LiveKit does where one throws, but that it leaves a rejection that nobody handles.
      const { label } = this.#owner;
      const failure = error instanceof Error ? error : new Error(String(error));
      const type = "tts_error" as const;
      this.#owner.emit("error", {
        type,
        timestamp: Date.now(),
        label,
        error: failure,
        recoverable: false,
      });
    }
    this.queue.close();
  }
}

/** A microphone that nothing comes from. */
export class SilentMicrophone extends voice.AudioInput {
  constructor() {
    super();
    this.multiStream.addInputStream(new ReadableStream<AudioFrame>());
  }
}
