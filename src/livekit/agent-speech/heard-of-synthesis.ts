import { type AudioWord, withoutMarkup } from "../../record/index.js";
import type { PlayoutEnd, PlayoutPart, PlayoutSegment } from "../audio/playout-segment.js";
import { findHeardText, findSameBeginning } from "../text/heard-text.js";
import { estimateSpeechS } from "../text/speech-time.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import type { HeardPart } from "./settle-heard.js";

/**
 * A synthesis counts as played to its end if less than this is left, because sums of frames are not
 * exact.
 */
const ROUNDING_S = 0.01;

/** What was heard of a synthesis whose audio was played for `heardS` seconds. */
export function findHeardPart(
  synthesis: LiveSynthesis,
  heardS: number,
  part: PlayoutPart,
  segment: PlayoutSegment,
  end: PlayoutEnd,
): HeardPart {
  const { failure, isComplete, audioS } = synthesis;
  const content = synthesis.content();
  // The agent's own `ttsNode` may stretch the audio, but word times count the synthesised audio.
  const spokenS = part.capturedS > audioS ? (heardS * audioS) / part.capturedS : heardS;
  const stretch = spokenS > 0 ? heardS / spokenS : 1;
  // After a failure, text stays unsaid even if all audio that came was played.
  if (failure === undefined) {
    if (!end.interrupted) return { content };
    if (isComplete && heardS > 0 && spokenS >= audioS - ROUNDING_S) return { content };
  }
  return findHeardText({
    ...findSpoken(synthesis),
    heardS: spokenS,
    audioS,
    stretch,
    estimate: estimateFor(part, segment, end.estimate),
  });
}

interface SpokenText {
  text: string;
  words: readonly AudioWord[];
  isComplete: boolean;
}

/** The text that the voice spoke or was about to speak, and the times of its words. */
function findSpoken(synthesis: LiveSynthesis): SpokenText {
  const { failure, audio, isComplete } = synthesis;
  const text = synthesis.content();
  if (failure === undefined || audio.words.length > 0 || audio.sentences.length === 0)
    return { text, words: audio.words, isComplete };
  // A StreamAdapter synthesises sentence by sentence and goes on after one that failed, so we know
  // which sentences were spoken.
  const sentences = audio.sentences.map((each) => ({
    ...each,
    text: withoutMarkup(each.text).trim(),
  }));
  let spoken = "";
  let from = 0;
  for (const sentence of sentences) {
    const start = text.indexOf(sentence.text, from);
    const isSpaced = start <= 0 || /\s/.test(text.charAt(start - 1));
    spoken += (spoken !== "" && isSpaced ? " " : "") + sentence.text;
    if (start >= 0) from = start + sentence.text.length;
  }
  return { text: spoken, words: stretchLast(sentences), isComplete: true };
}

/** The last sentence may have broken off. Then its end is set as if it were as slow as the others. */
function stretchLast(sentences: readonly AudioWord[]): AudioWord[] {
  const last = sentences.at(-1);
  const [first] = sentences;
  if (last === undefined || first === undefined || first === last) return [...sentences];
  const others = sentences.slice(0, -1);
  const usualS = others.reduce((sum, { text }) => sum + estimateSpeechS(text), 0);
  const expectedS = (estimateSpeechS(last.text) * (last.start_s - first.start_s)) / usualS;
  const isWhole = last.end_s - last.start_s >= 0.75 * expectedS;
  return [...others, isWhole ? last : { ...last, end_s: last.start_s + expectedS }];
}

/** LiveKit's estimate covers a whole segment. Gives the share of it that belongs to one part. */
function estimateFor(
  part: PlayoutPart,
  { parts }: PlayoutSegment,
  estimate: string | undefined,
): string | undefined {
  if (estimate === undefined) return undefined;
  let rest = withoutMarkup(estimate);
  for (const earlier of parts) {
    if (earlier === part) return rest;
    const text = (earlier.synthesis as LiveSynthesis | undefined)?.content();
    const end = text === undefined ? undefined : findSameBeginning(rest, text);
    if (end === undefined) return undefined;
    rest = rest.slice(end);
  }
  return rest;
}
