import type { Utterance } from "../read-utterances.js";
import { LEVEL_S, measureSound, type Level } from "./sound-meter.js";

/** Softer than this is silence. */
export const SPEECH_FLOOR_DB = -45;

/** A known utterance, measured. */
export interface Template {
  utterance: Utterance;
  /** From its first audible sound on. */
  levels: Level[];
  /** Where in the utterance those levels begin. */
  onset_s: number;
}

export interface Recognition {
  utterance: Utterance;
  /** How many of its words were heard to their end. */
  wordCount: number;
  /** Add this to a time in the utterance to get the time from the start of what was heard. */
  shift_s: number;
  /** How alike the two are, 0 to 1. */
  likeness: number;
}

/** Two sounds less alike than this are not the same words. */
const LEAST_LIKENESS = 0.9;
/** The best of the known utterances must be this much better than the next. */
const LEAST_LEAD = 0.08;
const SHORTEST_LEVELS = Math.round(0.6 / LEVEL_S);
/** A softer recording seems to begin later, because its first sounds stay below the floor. */
const WIDEST_LAG_LEVELS = 8;
/** Below the loudest by more than this, a sound tells nothing. */
const RANGE_DB = 40;
/** A word is heard although its last sounds are this far below the floor. */
const WORD_TAIL_S = 0.1;
/** The last word fades out, so more of it may be missing. */
const LAST_WORD_TAIL_S = 0.3;

export function measureTemplates(utterances: readonly Utterance[]): Template[] {
  return utterances.map((utterance) => {
    const levels = measureSound(utterance.samples, utterance.sampleRate);
    const onset = levels.findIndex((level) => level.loudness_db > SPEECH_FLOOR_DB);
    return { utterance, levels: levels.slice(onset), onset_s: onset * LEVEL_S };
  });
}

/**
 * Finds which known utterance `heard` (levels from the first audible sound on) is, or begins like.
 * It compares the course of loudness and brightness, so volume does not matter.
 *
 * @returns undefined when it is none of them, or too little to tell
 */
export function recogniseSpeech(
  heard: readonly Level[],
  templates: readonly Template[],
): Recognition | undefined {
  if (heard.length < SHORTEST_LEVELS) return undefined;
  const scored = templates
    .map((template) => ({ template, ...findBestLag(heard, template.levels) }))
    .toSorted((a, b) => b.likeness - a.likeness);
  const [best, next] = scored;
  if (!best || best.likeness < LEAST_LIKENESS) return undefined;
  if (next && best.likeness - next.likeness < LEAST_LEAD) return undefined;
  const { utterance, onset_s } = best.template;
  const shift_s = -(onset_s + best.lag * LEVEL_S);
  const heardUntil_s = heard.length * LEVEL_S - shift_s;
  const lastWord = utterance.words.at(-1);
  const wordCount = utterance.words.filter(
    (word) => word.end_s <= heardUntil_s + (word === lastWord ? LAST_WORD_TAIL_S : WORD_TAIL_S),
  ).length;
  return { utterance, wordCount, shift_s, likeness: best.likeness };
}

function findBestLag(
  heard: readonly Level[],
  known: readonly Level[],
): { likeness: number; lag: number } {
  let best = { likeness: 0, lag: 0 };
  for (let lag = -WIDEST_LAG_LEVELS; lag <= WIDEST_LAG_LEVELS; lag += 1) {
    const ours = heard.slice(Math.max(0, -lag));
    const theirs = known.slice(Math.max(0, lag), Math.max(0, lag) + ours.length);
    // Speech that goes on after the utterance's end is something else.
    if (theirs.length + WIDEST_LAG_LEVELS < ours.length) continue;
    const likeness = correlate(describe(ours.slice(0, theirs.length)), describe(theirs));
    if (likeness > best.likeness) best = { likeness, lag };
  }
  return best;
}

/** Both courses around their means, one after the other; silence has no brightness. */
function describe(levels: readonly Level[]): number[] {
  const loudest_db = Math.max(...levels.map((level) => level.loudness_db));
  const floor_db = loudest_db - RANGE_DB;
  const loudness = levels.map((level) => Math.max(level.loudness_db, floor_db));
  const brightness = levels.map((level) =>
    level.loudness_db < floor_db + 5 ? 0 : 2 * level.brightness_db,
  );
  return [...removeMean(loudness), ...removeMean(brightness)];
}

function removeMean(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function correlate(a: readonly number[], b: readonly number[]): number {
  let product = 0;
  let powerA = 0;
  let powerB = 0;
  for (const [index, valueA] of a.entries()) {
    const valueB = b[index] ?? 0;
    product += valueA * valueB;
    powerA += valueA ** 2;
    powerB += valueB ** 2;
  }
  return powerA === 0 || powerB === 0 ? 0 : product / Math.sqrt(powerA * powerB);
}
