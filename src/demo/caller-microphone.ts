import { ReadableStream, type ReadableStreamDefaultController } from "node:stream/web";
import { voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import type { Utterance } from "./read-utterances.js";

/** When something was audible, in milliseconds since the epoch by the wall clock. */
export interface AudibleSpan {
  startedAtMs: number;
  endedAtMs: number;
}

export const MICROPHONE_SAMPLE_RATE = 16_000;
const FRAME_S = 0.02;
const FRAME_SAMPLES = MICROPHONE_SAMPLE_RATE * FRAME_S;
/** The shortest time between two ticks, so at higher rates a tick delivers several frames. */
const FASTEST_TICK_MS = 10;
/**
 * The longest time that late ticks make up for. Otherwise a process that gets too little time would
 * fall behind for ever, because each tick would bring more audio than the one before.
 */
const LONGEST_CATCH_UP_MS = 250;

interface Pending {
  utterance: Utterance;
  nextSample: number;
  firstFrame: number | undefined;
  resolve: (span: AudibleSpan) => void;
  reject: (error: Error) => void;
}

/**
 * The caller's microphone: a 20 ms frame every 20 ms (divided by `rate`), silent unless the caller
 * speaks. Frames are counted against the clock, so late ticks do not make it drift. If the process
 * stops for longer than `LONGEST_CATCH_UP_MS`, its clock stops too.
 */
export class CallerMicrophone extends voice.AudioInput {
  readonly #rate: number;
  readonly #queue: Pending[] = [];
  #controller: ReadableStreamDefaultController<AudioFrame> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAtMs = 0;
  #frames = 0;
  #closed = false;

  constructor({ rate = 1 }: { rate?: number } = {}) {
    super();
    this.#rate = rate;
    this.multiStream.addInputStream(
      new ReadableStream<AudioFrame>({
        start: (controller) => {
          this.#controller = controller;
        },
      }),
    );
  }

  /** The clock starts when the session begins to read. */
  override onAttached(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#startedAtMs = wallClockMs() - this.#toWallMs(this.#frames);
    this.#tick();
  }

  override onDetached(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Speaks after the utterances that are still being said.
   *
   * @returns when its first word began and its last word ended
   * @throws Error if the microphone is closed before the end
   */
  speak(utterance: Utterance): Promise<AudibleSpan> {
    if (utterance.sampleRate !== MICROPHONE_SAMPLE_RATE) {
      throw new Error(`Cannot speak "${utterance.id}": its sound has ${utterance.sampleRate} Hz`);
    }
    if (this.#closed) return Promise.reject(closedError(utterance));
    // The silence until now is delivered first, because the new utterance must not take its place.
    if (this.#timer !== undefined) this.#deliver();
    return new Promise((resolve, reject) => {
      this.#queue.push({ utterance, nextSample: 0, firstFrame: undefined, resolve, reject });
    });
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.onDetached();
    for (const { utterance, reject } of this.#queue.splice(0)) reject(closedError(utterance));
    this.#controller?.close();
    await super.close();
  }

  /** Wakes when the next frame is due, because a late frame would count as spoken later. */
  #tick(): void {
    this.#deliver();
    const dueAtMs = this.#startedAtMs + this.#toWallMs(this.#frames + 1);
    const leftMs = Math.max(dueAtMs - wallClockMs(), this.#rate > 1 ? FASTEST_TICK_MS : 0);
    this.#timer = setTimeout(() => this.#tick(), leftMs);
  }

  #deliver(): void {
    this.#skipLostTime();
    // A frame exists once its last sample has been recorded.
    const due = Math.floor(((wallClockMs() - this.#startedAtMs) * this.#rate) / (FRAME_S * 1000));
    while (this.#frames < due) {
      const frame = this.#record();
      this.#frames += 1;
      this.#controller?.enqueue(frame);
    }
  }

  #skipLostTime(): void {
    const behindMs = wallClockMs() - this.#startedAtMs - this.#toWallMs(this.#frames);
    if (behindMs > LONGEST_CATCH_UP_MS) this.#startedAtMs += behindMs - LONGEST_CATCH_UP_MS;
  }

  #record(): AudioFrame {
    const samples = new Int16Array(FRAME_SAMPLES);
    const [speaking] = this.#queue;
    if (speaking) {
      const { utterance } = speaking;
      speaking.firstFrame ??= this.#frames;
      samples.set(
        utterance.samples.subarray(speaking.nextSample, speaking.nextSample + FRAME_SAMPLES),
      );
      speaking.nextSample += FRAME_SAMPLES;
      if (speaking.nextSample >= utterance.samples.length) {
        this.#queue.shift();
        const beganAtMs = this.#startedAtMs + this.#toWallMs(speaking.firstFrame);
        const at = (seconds = 0) => beganAtMs + (seconds * 1000) / this.#rate;
        const { words } = utterance;
        speaking.resolve({
          startedAtMs: at(words[0]?.start_s),
          endedAtMs: at(words.at(-1)?.end_s),
        });
      }
    }
    return new AudioFrame(samples, MICROPHONE_SAMPLE_RATE, 1, FRAME_SAMPLES);
  }

  #toWallMs(frames: number): number {
    return (frames * FRAME_S * 1000) / this.#rate;
  }
}

/** Wall time that does not jump while the demo runs. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

function closedError(utterance: Utterance): Error {
  return new Error(`The microphone closed before the end of "${utterance.id}"`);
}
