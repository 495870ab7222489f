import type { stt } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import { withoutSpaces } from "../text/compare-text.js";
import { cutBefore, findKnown } from "../text/skip-known-words.js";

/** A transcript that the STT may still change. `atMs` is when it came, in epoch milliseconds. */
export interface InterimTranscript {
  data: stt.SpeechData;
  service: SpeechService;
  atMs: number;
}

/** Transcripts that are not final. LiveKit may still make a turn of them. */
export interface InterimTranscripts {
  /** The STT gives an interim transcript, with word times. LiveKit may ignore it. */
  onSttInterim(words: InterimTranscript): void;
  /** LiveKit tells the text of an interim transcript that it uses. */
  onLivekitInterim(words: InterimTranscript): void;
  /** LiveKit has the final transcript. */
  onFinal(): void;
  /**
   * LiveKit has made a turn of a text, which may end with interim words. Returns the interim words that
   * were not written before, and counts them as written from now on.
   */
  take(turn: string, nowMs: number): InterimTranscript | undefined;
  /**
   * Cuts from a final transcript the interim words that were written already. Returns undefined if
   * nothing is left, and the whole transcript if it is of another speech.
   */
  withoutWritten(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined;
  /** The user begins to speak again, so the written words will get no final transcript any more. */
  onSpeechStart(): void;
  /** The agent discarded what the user said (`clearUserTurn()`). */
  forget(): void;
}

/** After LiveKit made a turn of interim words, their final transcript comes within this time. */
const LATE_FINAL_MS = 5000;

export function createInterimTranscripts(): InterimTranscripts {
  /** The last interim transcript of the STT itself. */
  let ofStt: InterimTranscript | undefined;
  /** The last interim transcript that LiveKit has told. */
  let ofLivekit: InterimTranscript | undefined;
  /** The interim words written last. They are kept until their final transcript has come. */
  let written: { text: string; endTime: number; atMs: number } | undefined;

  function withoutWritten(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined {
    if (written === undefined) return data;
    const isOther =
      nowMs - written.atMs > LATE_FINAL_MS ||
      (data.endTime > 0 && written.endTime > 0 && data.startTime >= written.endTime);
    const known = isOther ? undefined : findKnown(data.text, written.text);
    written =
      known === undefined || known.rest === "" ? undefined : { ...written, text: known.rest };
    return known === undefined ? data : cutBefore(data, known.end);
  }

  return {
    onSttInterim(words) {
      ofStt = words;
    },
    onLivekitInterim(words) {
      ofLivekit = words;
    },
    onFinal() {
      ofLivekit = undefined;
    },
    take(turn, nowMs) {
      const text = withoutSpaces(ofLivekit?.data.text ?? "");
      if (ofLivekit === undefined || text === "" || !withoutSpaces(turn).endsWith(text))
        return undefined;
      // The STT's transcript has word times. It is used only if an `sttNode` has not changed its text.
      const words =
        withoutSpaces(ofStt?.data.text ?? "") === text && ofStt !== undefined ? ofStt : ofLivekit;
      ofLivekit = undefined;
      const data = withoutWritten(words.data, nowMs);
      written = { text: words.data.text, endTime: words.data.endTime, atMs: nowMs };
      return data === undefined ? undefined : { ...words, data };
    },
    withoutWritten,
    onSpeechStart() {
      written = undefined;
    },
    forget() {
      ofStt = undefined;
      ofLivekit = undefined;
      written = undefined;
    },
  };
}
