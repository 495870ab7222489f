import { type VADEvent, VADEventType, VAD, VADStream } from "@livekit/agents";

/** A voice activity detection that finds speech when the test says so. */
export class ScriptedVad extends VAD {
  label = "scripted.VAD";
  readonly #streams: ScriptedVadStream[] = [];

  constructor() {
    super({ updateInterval: 32 });
  }

  override stream(): VADStream {
    const stream = new ScriptedVadStream(this);
    this.#streams.push(stream);
    return stream;
  }

  startSpeech(): void {
    this.#send(VADEventType.START_OF_SPEECH, 0);
  }

  /** @param speechMs How long the speech was that ends now. */
  endSpeech(speechMs = 400): void {
    this.#send(VADEventType.END_OF_SPEECH, speechMs);
  }

  #send(type: VADEventType, speechDuration: number): void {
    const stream = this.#streams.at(-1);
    if (stream === undefined) throw new Error("LiveKit has opened no stream");
    stream.send({
      type,
      samplesIndex: 0,
      timestamp: Date.now(),
      speechDuration,
      silenceDuration: 0,
      frames: [],
      probability: 1,
      inferenceDuration: 0,
      speaking: type === VADEventType.START_OF_SPEECH,
      rawAccumulatedSilence: 0,
      rawAccumulatedSpeech: 0,
    });
  }
}

class ScriptedVadStream extends VADStream {
  constructor(vad: VAD) {
    super(vad);
    void this.#drain();
  }

  send(event: VADEvent): void {
    this.sendVADEvent(event);
  }

  /** What is not read would hold up everything that hears the same microphone. */
  async #drain(): Promise<void> {
    try {
      while (!(await this.inputReader.read()).done);
    } catch {
      // The stream was closed.
    }
  }
}
