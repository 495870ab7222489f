import type { stt } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import { withoutSpaces } from "../text/compare-text.js";
import { cutBefore, findKnown } from "../text/skip-known-words.js";

/** A transcript that its STT may still change. `atMs` is when it came, in epoch milliseconds. */
export interface InterimTranscript {
  data: stt.SpeechData;
  service: SpeechService;
  atMs: number;
}

/** Transcripts that are not final. LiveKit may make a turn of them nevertheless. */
export interface InterimTranscripts {
  /** An STT has given one, with word times. LiveKit may ignore it. */
  onSttInterim(words: InterimTranscript): void;
  /** LiveKit has taken one over, and tells its text alone. */
  onLivekitInterim(words: InterimTranscript): void;
  /** LiveKit has the final transcript. */
  onFinal(): void;
  /**
   * LiveKit has made a turn of a text, which may end with interim words: these are written from now
   * on. Gives those that were not written before.
   */
  take(turn: string, nowMs: number): InterimTranscript | undefined;
  /**
   * What a final transcript says beyond the interim words that were written already. Undefined where
   * it says nothing more; all of it where it is of another speech.
   */
  withoutWritten(data: stt.SpeechData, nowMs: number): stt.SpeechData | undefined;
  /** The user begins to speak again, so no final transcript of written words is to come. */
  onSpeechStart(): void;
  /** The agent has thrown away what the user said (`clearUserTurn()`). */
  forget(): void;
}

/** A final transcript comes at most so long after LiveKit made a turn of its interim words. */
const LATE_FINAL_MS = 5000;

export function createInterimTranscripts(): InterimTranscripts {
  /** The last one of the STT's own. */
  let ofStt: InterimTranscript | undefined;
  /** The last one that LiveKit has taken over. */
  let ofLivekit: InterimTranscript | undefined;
  /** The interim words that were written last, until their final transcript has come. */
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
      // The STT's transcript has word times, but an agent's own `sttNode` may have changed its text.
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
