import type { Utterance } from "../read-utterances.js";
import {
  recogniseSpeech,
  SPEECH_FLOOR_DB,
  type Recognition,
  type Template,
} from "./recognise-speech.js";
import { createSoundMeter, LEVEL_S, type Level } from "./sound-meter.js";

/** An event that a listener noticed. Times are seconds of the audio that it was given. */
export type Heard =
  | { type: "speech_started"; at_s: number }
  | { type: "words"; start_s: number; end_s: number; recognition: Recognition }
  | { type: "speech_ended"; start_s: number; end_s: number; recognition: Recognition | undefined };

export interface SpeechListener {
  /** Takes the next samples of the stream. */
  push(samples: Int16Array): Heard[];
  /** Ends running speech, as if silence had followed. */
  finish(): Heard[];
  /** Seconds of audio taken so far. */
  readonly position_s: number;
}

/** Speech that is running. */
interface Speech {
  start: number;
  levels: Level[];
  loudUntil: number;
  wordCount: number;
  /** The utterance that it was recognised as so far. */
  begun: Utterance | undefined;
}

/** Shorter sounds are clicks. */
const ONSET_LEVELS = 3;
/** Speech ends after this much silence. No clip of the demo has a pause as long. */
const ENDPOINT_S = 0.26;
const WORDS_EVERY_LEVELS = Math.round(0.2 / LEVEL_S);

/**
 * Finds speech by its loudness and recognises it. It uses only the clock of the audio.
 *
 * @param endpointS seconds of silence after which speech has ended
 */
export function createSpeechListener(
  sampleRate: number,
  templates: readonly Template[],
  endpointS: number = ENDPOINT_S,
): SpeechListener {
  const meter = createSoundMeter(sampleRate);
  let taken = 0;
  let samplesTaken = 0;
  let onset: Level[] = [];
  let speech: Speech | undefined;

  const end = (): Heard[] => {
    if (!speech) return [];
    const { start, levels, loudUntil, begun } = speech;
    speech = undefined;
    onset = [];
    const recognition = recogniseSpeech(levels.slice(0, loudUntil), templates, begun);
    return [
      {
        type: "speech_ended",
        start_s: start * LEVEL_S,
        end_s: (start + loudUntil) * LEVEL_S,
        recognition,
      },
    ];
  };

  const take = (level: Level): Heard[] => {
    taken += 1;
    const loud = level.loudness_db > SPEECH_FLOOR_DB;
    if (!speech) {
      onset = loud ? [...onset, level] : [];
      if (onset.length < ONSET_LEVELS) return [];
      const start = taken - onset.length;
      speech = { start, levels: onset, loudUntil: onset.length, wordCount: 0, begun: undefined };
      return [{ type: "speech_started", at_s: start * LEVEL_S }];
    }
    speech.levels.push(level);
    if (loud) speech.loudUntil = speech.levels.length;
    else if ((speech.levels.length - speech.loudUntil) * LEVEL_S >= endpointS) return end();
    if (!loud || speech.levels.length % WORDS_EVERY_LEVELS !== 0) return [];
    const recognition = recogniseSpeech(speech.levels, templates, speech.begun);
    if (!recognition || recognition.wordCount <= speech.wordCount) return [];
    speech.wordCount = recognition.wordCount;
    speech.begun = recognition.utterance;
    return [
      { type: "words", start_s: speech.start * LEVEL_S, end_s: taken * LEVEL_S, recognition },
    ];
  };

  return {
    push(samples) {
      samplesTaken += samples.length;
      return meter.push(samples).flatMap(take);
    },
    finish: end,
    get position_s() {
      return samplesTaken / sampleRate;
    },
  };
}
