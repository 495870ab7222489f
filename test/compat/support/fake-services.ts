import { VAD, VADEventType, VADStream, stt } from "@livekit/agents";
import type { LanguageCode } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import {
  ScriptedSpeechToText,
  ScriptedTextToSpeech,
  SentenceTextToSpeech,
} from "../../livekit/support/fake-models.js";

/** A second STT, of another provider than the `ScriptedSpeechToText`. */
export class SpareSpeechToText extends ScriptedSpeechToText {
  override label = "ferret.STT";

  override get provider(): string {
    return "Ferret";
  }

  override get model(): string {
    return "whisker-3";
  }
}

/** A second TTS, of another provider than the `ScriptedTextToSpeech`. */
export class SpareTextToSpeech extends ScriptedTextToSpeech {
  override label = "understudy.TTS";

  override get provider(): string {
    return "Understudy";
  }

  override get model(): string {
    return "lips-9";
  }
}

/** A TTS that speaks sentences, whose provider's name is not the one in its label. */
export class NamedSentenceTextToSpeech extends SentenceTextToSpeech {
  override get provider(): string {
    return "Polly Parrot";
  }

  override get model(): string {
    return "beak-1";
  }
}

/** An STT that hears one recording at a time. */
export class RecordingSpeechToText extends stt.STT {
  label = "dictaphone.STT";
  readonly #texts: string[] = [];

  constructor() {
    super({ streaming: false, interimResults: false });
  }

  override get provider(): string {
    return "Dicta Phone";
  }

  override get model(): string {
    return "tape-1";
  }

  /** What it will hear in the next recording. */
  willHear(text: string): void {
    this.#texts.push(text);
  }

  override stream(): stt.SpeechStream {
    throw new Error("this STT does not stream");
  }

  protected override _recognize(): Promise<stt.SpeechEvent> {
    return Promise.resolve({
      type: stt.SpeechEventType.FINAL_TRANSCRIPT,
      alternatives: [
        {
          text: this.#texts.shift() ?? "",
          language: "en" as LanguageCode,
          confidence: 0.8,
          startTime: 0,
          endTime: 0,
        },
      ],
    });
  }
}

/** Voice activity detection that detects what the test says. */
export class ScriptedVoiceActivity extends VAD {
  label = "ScriptedVoiceActivity";
  readonly #streams: ScriptedActivityStream[] = [];

  constructor() {
    super({ updateInterval: 100 });
  }

  override stream(): VADStream {
    const stream = new ScriptedActivityStream(this);
    this.#streams.push(stream);
    return stream;
  }

  start(): void {
    this.#tell(VADEventType.START_OF_SPEECH);
  }

  end(): void {
    this.#tell(VADEventType.END_OF_SPEECH);
  }

  #tell(type: VADEventType): void {
    for (const stream of this.#streams) stream.tell(type);
  }
}

class ScriptedActivityStream extends VADStream {
  tell(type: VADEventType): void {
    const samples = 1600;
    this.sendVADEvent({
      type,
      samplesIndex: 0,
      timestamp: 0,
      speechDuration: 100,
      silenceDuration: 0,
      frames: [new AudioFrame(new Int16Array(samples), 16_000, 1, samples)],
      probability: 1,
      inferenceDuration: 0,
      speaking: type === VADEventType.START_OF_SPEECH,
      rawAccumulatedSilence: 0,
      rawAccumulatedSpeech: 0,
    });
  }
}
