import type { SpokenWord } from "../read-utterances.js";
import type { Sound } from "../read-wav.js";

/** Silence between two words, so that people can check word times by ear. */
const GAP_S = 0.05;
const WORD_S = 0.1;
const LETTER_S = 0.052;
/** A digit counts as this many letters. */
const LETTERS_OF_A_DIGIT = 4;
const SENTENCE_PAUSE_S = 0.25;
const CLAUSE_PAUSE_S = 0.12;
const AMPLITUDE = 0.22 * 32767;
const TIMBRE = makeTimbre();

/** The audio of a text, and when each of its words is audible. */
export interface SpokenTones extends Sound {
  words: SpokenWord[];
}

/**
 * Hums a text at about 2.6 words a second: one tone for each word, with silence between the words. The
 * letters give the pitch, their number gives the length, and the tone swells about once a syllable.
 */
export function speakInTones(text: string, sampleRate: number): SpokenTones {
  const words: SpokenWord[] = [];
  let at_s = 0;
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const end_s = at_s + WORD_S + LETTER_S * countLetters(word);
    words.push({ text: word, start_s: round(at_s), end_s: round(end_s) });
    at_s = end_s + GAP_S + pauseAfter(word);
  }
  const samples = new Int16Array(Math.round(at_s * sampleRate));
  for (const word of words) hum(word, samples, sampleRate);
  return { words, samples, sampleRate };
}

function hum(word: SpokenWord, samples: Int16Array, sampleRate: number): void {
  const first = Math.round(word.start_s * sampleRate);
  const last = Math.min(Math.round(word.end_s * sampleRate), samples.length);
  const syllables = Math.max(1, Math.round(countLetters(word.text) / 3));
  const pitchHz = 140 + (Buffer.from(word.text).reduce((sum, byte) => sum + byte, 0) % 70);
  let phase = 0;
  for (let index = first; index < last; index += 1) {
    const through = (index - first) / (last - first);
    const swell = 0.55 - 0.45 * Math.cos(2 * Math.PI * syllables * through);
    const edges = Math.min(1, 12 * through, 12 * (1 - through));
    phase += (pitchHz * (1.06 - 0.12 * through)) / sampleRate;
    const tone = TIMBRE[Math.floor(phase * TIMBRE.length) % TIMBRE.length] ?? 0;
    samples[index] = Math.round(AMPLITUDE * swell * edges * tone);
  }
}

/** One period of a tone with overtones, like a voice. */
function makeTimbre(): Float32Array {
  const overtones = [1, 0.6, 0.45, 0.2, 0.12, 0.06];
  const sum = overtones.reduce((total, level) => total + level, 0);
  return Float32Array.from({ length: 2048 }, (_, index) => {
    const angle = (2 * Math.PI * index) / 2048;
    return (
      overtones.reduce((total, level, n) => total + level * Math.sin((n + 1) * angle), 0) / sum
    );
  });
}

/** Vowel signs of Devanagari are spoken too, but they count as half a letter. */
function countLetters(word: string): number {
  const letters = word.match(/\p{L}/gu)?.length ?? 0;
  const marks = word.match(/\p{M}/gu)?.length ?? 0;
  const digits = word.match(/\p{Nd}/gu)?.length ?? 0;
  return letters + marks / 2 + digits * LETTERS_OF_A_DIGIT;
}

function pauseAfter(word: string): number {
  if (/[.?!।]$/u.test(word)) return SENTENCE_PAUSE_S;
  return /[,;:]$/.test(word) ? CLAUSE_PAUSE_S : 0;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
