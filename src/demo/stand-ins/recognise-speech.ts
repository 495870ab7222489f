import type { Utterance } from "../read-utterances.js";
import { LEVEL_S, measureSound, type Level } from "./sound-meter.js";

/** Sound below this level is silence. */
export const SPEECH_FLOOR_DB = -45;

/** A known utterance with its measured levels. */
export interface Template {
  utterance: Utterance;
  /** Its levels, from its first audible sound on. */
  levels: Level[];
  /** Where these levels begin in the utterance. */
  onset_s: number;
}

export interface Recognition {
  utterance: Utterance;
  /** How many of its words were heard to their end. */
  wordCount: number;
  /** Added to a time in the utterance, it gives the time from the start of the heard sound. */
  shift_s: number;
  /** How similar the two sounds are, 0 to 1. */
  likeness: number;
}

/** Two sounds that are less similar than this are different words. */
const LEAST_LIKENESS = 0.86;
/** The same limit after the beginning was recognised. What follows may be stretched more. */
const LEAST_LIKENESS_OF_A_REST = 0.6;
/** The best of the known utterances must be this much better than the next. */
const LEAST_LEAD = 0.08;
/** The price, in squared dB, of a lag that changes by 20 ms. */
const LAG_CHANGE_COST = 500;
const SHORTEST_LEVELS = Math.round(0.6 / LEVEL_S);
/** A softer recording seems to begin later, because its first sounds stay below the floor. */
const WIDEST_LAG_LEVELS = 8;
/** Sound that is quieter than the loudest by more than this is ignored. */
const RANGE_DB = 40;
/** A word counts as heard even if this much of its end is below the floor. */
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
 * Finds the known utterance that the sound is, or with which it begins. `heard` has the levels from the
 * first audible sound on. It compares how loudness and brightness change, so the volume does not
 * matter.
 *
 * @param begun the utterance that was recognised from its beginning
 * @returns undefined if it is none of them, or too short to tell
 */
export function recogniseSpeech(
  heard: readonly Level[],
  templates: readonly Template[],
  begun?: Utterance,
): Recognition | undefined {
  if (heard.length < SHORTEST_LEVELS) return undefined;
  const scored = templates
    .map((template) => ({ template, ...findBestFit(heard, template.levels) }))
    .toSorted((a, b) => b.likeness - a.likeness);
  const [best, next] = scored;
  if (!best) return undefined;
  const isRest = best.template.utterance === begun;
  if (best.likeness < (isRest ? LEAST_LIKENESS_OF_A_REST : LEAST_LIKENESS)) return undefined;
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

/**
 * Aligns the heard sound with a known utterance, and measures how similar they are. A network stretches
 * and squeezes speech by some hundredths of a second, so the lag may change on the way. Each change has
 * a price, and the cheapest alignment is taken.
 *
 * @returns also the lag at the beginning, in levels
 */
function findBestFit(
  heard: readonly Level[],
  known: readonly Level[],
): { likeness: number; lag: number } {
  // Speech that goes on after the utterance's end is another utterance.
  if (known.length + 2 * WIDEST_LAG_LEVELS < heard.length) return { likeness: 0, lag: 0 };
  const ours = describe(heard);
  const theirs = describe(known.slice(0, heard.length + WIDEST_LAG_LEVELS));
  const lags = Array.from({ length: 2 * WIDEST_LAG_LEVELS + 1 }, (_, k) => k - WIDEST_LAG_LEVELS);
  let costs = lags.map(() => 0);
  const origins: number[][] = [];
  for (const [index, level] of ours.entries()) {
    const next: number[] = [];
    const cameFrom: number[] = [];
    for (const [state, lag] of lags.entries()) {
      const other = theirs[index + lag] ?? SILENT;
      const distance =
        (level.loudness - other.loudness) ** 2 + (level.brightness - other.brightness) ** 2;
      let from = state;
      for (const neighbour of [state - 1, state + 1]) {
        const viaNeighbour = (costs[neighbour] ?? Infinity) + LAG_CHANGE_COST;
        if (viaNeighbour < (costs[from] ?? Infinity) + (from === state ? 0 : LAG_CHANGE_COST))
          from = neighbour;
      }
      cameFrom.push(from);
      next.push((costs[from] ?? Infinity) + (from === state ? 0 : LAG_CHANGE_COST) + distance);
    }
    costs = next;
    origins.push(cameFrom);
  }
  let state = costs.indexOf(Math.min(...costs));
  const aligned: Course[] = [];
  for (let index = ours.length - 1; index >= 0; index -= 1) {
    aligned.push(theirs[index + (lags[state] ?? 0)] ?? SILENT);
    state = origins[index]?.[state] ?? state;
  }
  return { likeness: correlate(ours, aligned.toReversed()), lag: lags[state] ?? 0 };
}

/** Loudness and brightness of 20 ms, in dB relative to their average. */
interface Course {
  loudness: number;
  brightness: number;
}

const SILENT: Course = { loudness: -RANGE_DB / 2, brightness: 0 };

/** How loudness and brightness change, whatever the volume. Silence has no brightness. */
function describe(levels: readonly Level[]): Course[] {
  const loudest_db = Math.max(...levels.map((level) => level.loudness_db));
  const floor_db = loudest_db - RANGE_DB;
  const courses = levels.map(({ loudness_db, brightness_db }) => ({
    loudness: Math.max(loudness_db, floor_db),
    brightness: loudness_db < floor_db + 5 ? 0 : 2 * brightness_db,
  }));
  return aroundMean(courses);
}

function aroundMean(courses: readonly Course[]): Course[] {
  const mean = (key: keyof Course) =>
    courses.reduce((sum, course) => sum + course[key], 0) / courses.length;
  const [loudness, brightness] = [mean("loudness"), mean("brightness")];
  return courses.map((course) => ({
    loudness: course.loudness - loudness,
    brightness: course.brightness - brightness,
  }));
}

function correlate(a: readonly Course[], b: readonly Course[]): number {
  let product = 0;
  let powerA = 0;
  let powerB = 0;
  const [ours, theirs] = [aroundMean(a), aroundMean(b)];
  for (const [index, mine] of ours.entries()) {
    const other = theirs[index] ?? SILENT;
    product += mine.loudness * other.loudness + mine.brightness * other.brightness;
    powerA += mine.loudness ** 2 + mine.brightness ** 2;
    powerB += other.loudness ** 2 + other.brightness ** 2;
  }
  return powerA === 0 || powerB === 0 ? 0 : product / Math.sqrt(powerA * powerB);
}
