import type { stt } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import { withoutSpaces } from "../text/compare-text.js";
import { cutBefore, findKnown } from "../text/skip-known-words.js";

/** Words that an STT may still change, and when they came: epoch milliseconds. */
export interface InterimTranscript {
  data: stt.SpeechData;
  service: SpeechService;
  atMs: number;
}

/** What is being said: words that are not final, which LiveKit may make a turn of nevertheless. */
export interface InterimTranscripts {
  /** An STT has heard them. They have their times, and LiveKit may leave them aside. */
  onSttInterim(words: InterimTranscript): void;
  /** LiveKit counts them among what the user says; it tells the text alone. */
  onLivekitInterim(words: InterimTranscript): void;
  /** LiveKit has their final form. */
  onFinal(): void;
  /**
   * LiveKit has made a turn of this text, the last of which may be open words: they are open no more.
   * Gives what is new of them.
   */
  take(turn: string, nowMs: number): InterimTranscript | undefined;
  /**
   * What a transcript says beyond the words that were taken before it was final; the same where it
   * is of another speech, undefined where it says nothing more.
   */
  withoutWritten(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined;
  /** The user begins to speak anew: the final form of what was taken is not to come any more. */
  onSpeechStart(): void;
  /** All that was said is thrown away. */
  forget(): void;
}

/** An STT that is asked for no more words of a speech is done with it in this time. */
const LATE_FINAL_MS = 5000;

export function createInterimTranscripts(): InterimTranscripts {
  let heard: InterimTranscript | undefined;
  let told: InterimTranscript | undefined;
  let taken: { text: string; endTime: number; atMs: number } | undefined;

  function withoutWritten(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined {
    if (taken === undefined) return data;
    const isOther =
      nowMs - taken.atMs > LATE_FINAL_MS ||
      (data.endTime > 0 && taken.endTime > 0 && data.startTime >= taken.endTime);
    const known = isOther ? undefined : findKnown(data.text, taken.text);
    taken = known === undefined || known.rest === "" ? undefined : { ...taken, text: known.rest };
    return known === undefined ? data : cutBefore(data, known.end);
  }

  return {
    onSttInterim(words) {
      heard = words;
    },
    onLivekitInterim(words) {
      told = words;
    },
    onFinal() {
      told = undefined;
    },
    take(turn, nowMs) {
      const text = withoutSpaces(told?.data.text ?? "");
      if (told === undefined || text === "" || !withoutSpaces(turn).endsWith(text))
        return undefined;
      // What the STT said by itself has the times; an agent's own `sttNode` may have changed it.
      const words =
        withoutSpaces(heard?.data.text ?? "") === text && heard !== undefined ? heard : told;
      told = undefined;
      const data = withoutWritten(words.data, nowMs);
      taken = { text: words.data.text, endTime: words.data.endTime, atMs: nowMs };
      return data === undefined ? undefined : { ...words, data };
    },
    withoutWritten: withoutWritten,
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
