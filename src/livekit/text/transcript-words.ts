import type { LanguageCode, stt, voice } from "@livekit/agents";
import type { AudioWord } from "../../record/index.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";

/** A transcript of which LiveKit tells only text, language and speaker. */
export function toWordlessData(
  text: string,
  language: string,
  speakerId: string | null,
): stt.SpeechData {
  return {
    text,
    language: language as LanguageCode,
    startTime: 0,
    endTime: 0,
    confidence: NaN,
    speakerId,
  };
}

/** LiveKit's words in the record's form; undefined if the provider gave no times. */
export function toWords(timed: readonly voice.TimedString[] | undefined): AudioWord[] | undefined {
  const words: AudioWord[] = [];
  for (const { text, startTime, endTime } of timed ?? []) {
    if (startTime === undefined || endTime === undefined) continue;
    words.push({
      text: text.trim(),
      start_s: roundToMillis(startTime),
      end_s: roundToMillis(endTime),
    });
  }
  // Some providers know the words but not their times, and give every word the same moment.
  return words.some(({ start_s, end_s }) => end_s > start_s) ? words : undefined;
}

/**
 * The words in the caller's own language, if the STT translates. An STT that only detects languages has
 * `sourceLanguages` too, but no `sourceTexts`.
 */
export function toSource({ sourceTexts, sourceLanguages }: stt.SpeechData): {
  sourceText?: string;
  sourceLanguage?: string;
} {
  const sourceText = (sourceTexts ?? []).map((part) => part.trim()).join(" ");
  if (sourceText.trim() === "") return {};
  const languages = [...new Set(sourceLanguages)].join(", ");
  return { sourceText, ...(languages === "" ? {} : { sourceLanguage: languages }) };
}

/** Seconds from the first word to the last; undefined if the provider gave no times. */
export function durationOf(
  data: stt.SpeechData,
  words: AudioWord[] | undefined,
): number | undefined {
  const first = words?.[0]?.start_s ?? data.startTime;
  const last = words?.at(-1)?.end_s ?? data.endTime;
  return last > first ? roundToMillis(last - first) : undefined;
}

/** Seconds between two moments; undefined if one of them is not known. */
export function lengthOf(
  startedMs: number | undefined,
  endedMs: number | undefined,
): number | undefined {
  if (startedMs === undefined || endedMs === undefined) return undefined;
  return roundToMillis((endedMs - startedMs) / 1000);
}
