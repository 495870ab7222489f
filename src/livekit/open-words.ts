import type { stt } from "@livekit/agents";
import type { SpeechService } from "../../otel/index.js";
import { bare, plain } from "./same-text.js";

/** Words that an STT may still change, and when they came: epoch milliseconds. */
export interface HeardWords {
  data: stt.SpeechData;
  service: SpeechService;
  atMs: number;
}

/** What is being said: words that are not final, which LiveKit may make a turn of nevertheless. */
export interface OpenWords {
  /** An STT has heard them. They have their times, and LiveKit may leave them aside. */
  onHeard(words: HeardWords): void;
  /** LiveKit counts them among what the user says; it tells the text alone. */
  onTold(words: HeardWords): void;
  /** LiveKit has their final form. */
  onFinal(): void;
  /**
   * LiveKit has made a turn of this text, the last of which may be open words: they are open no more.
   * Gives what is new of them.
   */
  take(turn: string, nowMs: number): HeardWords | undefined;
  /**
   * What a transcript says beyond the words that were taken before it was final; the same where it
   * is of another speech, undefined where it says nothing more.
   */
  findNew(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined;
  /** The user begins to speak anew: the final form of what was taken is not to come any more. */
  onSpeechStart(): void;
  /** All that was said is thrown away. */
  forget(): void;
}

/** An STT that is asked for no more words of a speech is done with it in this time. */
const LATE_FINAL_MS = 5000;

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

export function createOpenWords(): OpenWords {
  let heard: HeardWords | undefined;
  let told: HeardWords | undefined;
  let taken: { text: string; endTime: number; atMs: number } | undefined;

  function findNew(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined {
    if (taken === undefined) return data;
    const isOther =
      nowMs - taken.atMs > LATE_FINAL_MS ||
      (data.endTime > 0 && taken.endTime > 0 && data.startTime >= taken.endTime);
    const known = isOther ? undefined : findKnown(data.text, taken.text);
    taken = known === undefined || known.rest === "" ? undefined : { ...taken, text: known.rest };
    return known === undefined ? data : cutBefore(data, known.end);
  }

  return {
    onHeard(words) {
      heard = words;
    },
    onTold(words) {
      told = words;
    },
    onFinal() {
      told = undefined;
    },
    take(turn, nowMs) {
      const text = bare(told?.data.text ?? "");
      if (told === undefined || text === "" || !bare(turn).endsWith(text)) return undefined;
      // What the STT said by itself has the times; an agent's own `sttNode` may have changed it.
      const words = bare(heard?.data.text ?? "") === text && heard !== undefined ? heard : told;
      told = undefined;
      const data = findNew(words.data, nowMs);
      taken = { text: words.data.text, endTime: words.data.endTime, atMs: nowMs };
      return data === undefined ? undefined : { ...words, data };
    },
    findNew,
    onSpeechStart() {
      taken = undefined;
    },
    forget() {
      heard = undefined;
      told = undefined;
      taken = undefined;
    },
  };
}

/**
 * Up to where a text says what was taken before, and what of that may come in another one; undefined
 * where it says something else. The last word that was taken may have been the beginning of one.
 */
function findKnown(text: string, taken: string): { end: number; rest: string } | undefined {
  const [now, before] = [plain(text), plain(taken)];
  if (now === "" || before === "") return undefined;
  const words = wordsOf(text);
  if (before.startsWith(now)) return { end: text.length, rest: before.slice(now.length) };
  if (now.startsWith(before)) {
    let length = 0;
    const last = words.find(({ word }) => (length += word.length) >= before.length);
    return { end: last?.end ?? text.length, rest: "" };
  }
  // The STT has thought better of some of the words.
  const takenWords = wordsOf(taken);
  const same = takenWords.filter(({ word }, index) => words[index]?.word === word).length;
  if (same * 2 < takenWords.length) return undefined;
  return { end: words[takenWords.length - 1]?.end ?? text.length, rest: "" };
}

function wordsOf(text: string): { word: string; end: number }[] {
  return [...segmenter.segment(text)]
    .map(({ segment, index }) => ({ word: plain(segment), end: index + segment.length }))
    .filter(({ word }) => word !== "");
}

/** What is said from a place in the text on, with the times of its words. */
function cutBefore(data: stt.SpeechData, end: number): stt.SpeechData | undefined {
  const text = data.text.slice(end).replace(/^[\s\p{P}]+/u, "");
  if (plain(text) === "") return undefined;
  const toSkip = plain(data.text.slice(0, end)).length;
  let length = 0;
  const words = data.words?.filter((word) => {
    const isKnown = length < toSkip;
    length += plain(word.text).length;
    return !isKnown;
  });
  return {
    ...data,
    text,
    startTime: words?.[0]?.startTime ?? data.startTime,
    ...(words !== undefined && { words }),
  };
}
