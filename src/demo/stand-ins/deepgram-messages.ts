import type { ListenQuery } from "./read-deepgram-query.js";
import type { Recognition } from "./recognise-speech.js";

/** One `Results` message of Deepgram's live transcription. Times are seconds of received audio. */
export function describeResults(options: {
  query: ListenQuery;
  requestId: string;
  start_s: number;
  end_s: number;
  recognition: Recognition | undefined;
  isFinal: boolean;
  fromFinalize: boolean;
}): object {
  const { query, requestId, start_s, end_s, recognition, isFinal } = options;
  return {
    type: "Results",
    channel_index: [0, 1],
    start: round(start_s),
    duration: round(end_s - start_s),
    is_final: isFinal,
    speech_final: isFinal,
    from_finalize: options.fromFinalize,
    channel: { alternatives: [describeAlternative(query, start_s, recognition)] },
    metadata: {
      request_id: requestId,
      model_info: { name: query.model, version: "stand-in", arch: query.model.slice(0, 6) },
    },
  };
}

function describeAlternative(
  query: ListenQuery,
  start_s: number,
  recognition: Recognition | undefined,
) {
  if (!recognition) return { transcript: "", confidence: 0, words: [] };
  const { utterance, wordCount, shift_s, likeness } = recognition;
  const confidence = round(likeness);
  const words = utterance.words.slice(0, wordCount).map((word) => ({
    word: strip(word.text),
    start: round(start_s + shift_s + word.start_s),
    end: round(start_s + shift_s + word.end_s),
    confidence,
    punctuated_word: word.text,
    ...(query.language === "multi" ? { language: utterance.language } : {}),
  }));
  return {
    transcript: words.map((word) => (query.formatted ? word.punctuated_word : word.word)).join(" "),
    confidence,
    words,
    ...(query.language === "multi" ? { languages: [utterance.language] } : {}),
  };
}

function strip(text: string): string {
  return text.toLowerCase().replaceAll(/[\p{P}\p{S}]/gu, "");
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
