import type { SpokenWord } from "../read-utterances.js";
import { speakInTones } from "./speak-in-tones.js";

/** The outputs of a context, in this order. */
export type Synthesised =
  | { type: "audio"; bytes: Buffer; words: SpokenWord[]; end_s: number }
  | { type: "flushed"; flushId: number }
  | { type: "done" };

/** One voice that speaks texts one after the other. */
export interface SynthesisContext {
  speak(text: string): void;
  flush(): void;
  /** No more text will come. */
  finish(): void;
  cancel(): void;
}

const CHUNK_S = 0.1;

/**
 * Synthesises `speed` times as fast as the speech sounds. If the context was idle, the first audio
 * comes `firstByteDelayMs` after the text, like from a real service.
 */
export function createSynthesisContext(options: {
  sampleRate: number;
  firstByteDelayMs: number;
  speed: number;
  onOutput: (output: Synthesised) => void;
}): SynthesisContext {
  const { sampleRate, firstByteDelayMs, speed, onOutput } = options;
  const waiting: { output: Synthesised; length_s: number }[] = [];
  let spoken_s = 0;
  let flushes = 0;
  let dueMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let cancelled = false;

  const deliver = () => {
    timer = undefined;
    while (!cancelled) {
      const [next] = waiting;
      if (!next) return;
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(deliver, leftMs);
        return;
      }
      waiting.shift();
      dueMs += (next.length_s * 1000) / speed;
      onOutput(next.output);
    }
  };
  const add = (output: Synthesised, length_s: number) => {
    waiting.push({ output, length_s });
    if (timer === undefined) deliver();
  };

  return {
    speak(text) {
      const tones = speakInTones(text, sampleRate);
      if (waiting.length === 0) dueMs = performance.now() + firstByteDelayMs;
      const chunkSamples = Math.round(CHUNK_S * sampleRate);
      for (let first = 0; first < tones.samples.length; first += chunkSamples) {
        const samples = tones.samples.subarray(first, first + chunkSamples);
        const [from_s, to_s] = [first / sampleRate, (first + samples.length) / sampleRate];
        const words = tones.words
          .filter((word) => word.start_s >= from_s && word.start_s < to_s)
          .map((word) => delay(word, spoken_s));
        const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
        add({ type: "audio", bytes, words, end_s: spoken_s + to_s }, samples.length / sampleRate);
      }
      spoken_s += tones.samples.length / sampleRate;
    },
    flush() {
      flushes += 1;
      add({ type: "flushed", flushId: flushes }, 0);
    },
    finish() {
      add({ type: "done" }, 0);
    },
    cancel() {
      cancelled = true;
      clearTimeout(timer);
    },
  };
}

function delay(word: SpokenWord, by_s: number): SpokenWord {
  const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
  return { text: word.text, start_s: round(by_s + word.start_s), end_s: round(by_s + word.end_s) };
}
