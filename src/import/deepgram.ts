import { CallClock, type TimedWords, readWords } from "./call-clock.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "./draft-call.js";
import { type Fields, asFields, fieldsAt, listAt, numberAt, present, textAt } from "./fields.js";
import type { ImportFormat, ImportOptions } from "./import-format.js";
import { HEARD, type Spoken, UnreadCount, idAt, noteWaits } from "./spoken.js";

const NAME = "deepgram";

type Role = "user" | "agent";

const WORD_KEYS = { text: ["punctuated_word", "word"], start: "start", end: "end" } as const;
/** A pause that ends an utterance, which is Deepgram's own default (`utt_split`). */
const UTTERANCE_PAUSE_S = 0.8;

/** Deepgram's answer to a recording that was sent to it. */
export const deepgram: ImportFormat = {
  name: NAME,
  origin: "Deepgram's JSON of a recorded call, with a channel or a speaker for each side",
  recognizedBy: "`results.channels` with `metadata.request_id` or `metadata.models`",
  kept: "words with their times, confidence, languages, the model; the side of each channel or speaker as `--channels` says it",
  missing:
    "the date of the call, tools, which replies were cut off, when the LLM and the TTS were asked; only the first alternative is read",
  fields:
    "`metadata.duration` (s), `results.utterances[]` or `results.channels[].alternatives[0].words[]`: `start`, `end` (s from the start of the recording), `punctuated_word` or `word`, `speaker`, `confidence`. Without utterances a pause of 0.8 s ends a message. A wait is the time from the user's last word to the agent's first",
  describedIn: "the types of the package `@deepgram/sdk` 5.13.0, `ListenV1Response`",
  recognizes: ({ kind, first }) => kind !== "text" && first !== undefined && isResponse(first),
  async *read(content, options = {}) {
    for (const { value } of content.values()) {
      const response = asFields(value);
      if (response === undefined || !isResponse(response)) {
        yield { format: NAME, problem: "a part of it is no response of Deepgram" };
        continue;
      }
      const id = idAt(fieldsAt(response, "metadata"), "request_id");
      const draft = readResponse(response, options, id ?? content.name);
      yield typeof draft === "string"
        ? { format: NAME, problem: draft }
        : finishCall({ ...draft, hasOwnId: id !== undefined });
    }
  },
};

/** Whether a value of JSON is such a response. Pure. */
export function isResponse(fields: Fields): boolean {
  const metadata = fieldsAt(fields, "metadata");
  return (
    Array.isArray(fieldsAt(fields, "results")["channels"]) &&
    ("request_id" in metadata || "models" in metadata)
  );
}

/** The call, or why it is not known who spoke. */
function readResponse(
  response: Fields,
  { channels }: ImportOptions,
  id: string,
): DraftCall | string {
  const clock = new CallClock(undefined);
  const unread = new UnreadCount();
  const spoken = readSpeech(response, channels, clock, unread);
  if (typeof spoken === "string") return spoken;
  const durationS = numberAt(fieldsAt(response, "metadata"), "duration");
  return {
    format: NAME,
    isUndated: true,
    session: {
      id,
      ...present("started_at", clock.timestampOf(clock.startMs)),
      ...present("ended_at", clock.timestampOf(clock.momentAt(durationS))),
    },
    messages: spoken.map(({ draft }) => draft),
    missing: [
      "the date of the call",
      ...(spoken.length === 0 ? ["words"] : ["which replies were cut off"]),
      "tools",
      "when the LLM and the TTS were asked",
      ...unread.describe(),
    ],
  };
}

const MOST_VOICES = 32;

/**
 * What was said in a recording, in order, with the waits; or why it is not known who said it.
 *
 * @param roles who is on each channel, or who each speaker of one channel is
 */
export function readSpeech(
  response: Fields,
  roles: readonly (Role | undefined)[] | undefined,
  clock: CallClock,
  unread: UnreadCount,
): Spoken[] | string {
  const utterances = listUtterances(response, clock);
  const needed = utterances.reduce((most, { voice }) => Math.max(most, voice + 1), 1);
  const isKnown = utterances.every(({ voice }) => roles?.[voice] !== undefined);
  const hasChannels = listAt(fieldsAt(response, "results"), "channels").length > 1;
  const what = hasChannels ? "channel" : "speaker";
  if (!isKnown && needed > MOST_VOICES)
    return `it has ${needed} ${what}s, and at most ${MOST_VOICES} are read`;
  if (!isKnown || (roles === undefined && utterances.length === 0)) {
    const example = Array.from({ length: needed }, (_, at) => (at === 0 ? "user" : "agent"));
    return `it does not say who is on which channel, or who each speaker is; say it with --channels, e.g. --channels ${example.join(",")} (it has ${needed})`;
  }
  const facts = { clock, unread, model: readModel(response) };
  const spoken = utterances
    .flatMap((utterance) => toSpoken(utterance, roles?.[utterance.voice] ?? "user", facts) ?? [])
    .toSorted((a, b) => (a.startMs ?? 0) - (b.startMs ?? 0));
  noteWaits(spoken, NAME, "stt");
  return spoken;
}

interface Utterance {
  /** The index of its channel, or of its speaker if there is one channel. */
  voice: number;
  content: string;
  words: readonly unknown[];
  confidence: number | undefined;
  language: string | undefined;
}

function listUtterances(response: Fields, clock: CallClock): Utterance[] {
  const results = fieldsAt(response, "results");
  const channels = listAt(results, "channels");
  const isOne = channels.length <= 1;
  const voiceOf = (fields: Fields, channel: number): number => {
    const value = isOne ? numberAt(fields, "speaker") : channel;
    return value !== undefined && Number.isInteger(value) && value >= 0 ? value : 0;
  };
  const languageOf = (channel: number): string | undefined =>
    textAt(channels[channel] ?? {}, "detected_language");
  const whole = listAt(results, "utterances");
  if (whole.length > 0)
    return whole.map((utterance) => {
      const channel = numberAt(utterance, "channel") ?? 0;
      return {
        voice: voiceOf(utterance, channel),
        content: textAt(utterance, "transcript")?.trim() ?? "",
        words: wordsOf(utterance),
        confidence: numberAt(utterance, "confidence"),
        language: languageOf(channel),
      };
    });
  return channels.flatMap((channel, at) => {
    const best = listAt(channel, "alternatives")[0] ?? {};
    const language = languageOf(at);
    const parts = splitWords(wordsOf(best), (word) => voiceOf(word, at), clock);
    if (parts.length > 0) return parts.map((part) => ({ ...part, language }));
    const content = textAt(best, "transcript")?.trim() ?? "";
    if (content === "") return [];
    return [
      {
        voice: isOne ? 0 : at,
        content,
        words: [],
        confidence: numberAt(best, "confidence"),
        language,
      },
    ];
  });
}

function wordsOf(fields: Fields): readonly unknown[] {
  const words = fields["words"];
  return Array.isArray(words) ? words : [];
}

/** Words one after the other, cut where another voice begins, or after a pause. */
function splitWords(
  words: readonly unknown[],
  voiceOf: (word: Fields) => number,
  clock: CallClock,
): Omit<Utterance, "language">[] {
  const parts: { voice: number; words: Fields[] }[] = [];
  let endMs: number | undefined;
  for (const value of words) {
    const word = asFields(value);
    if (word === undefined) continue;
    const voice = voiceOf(word);
    const startMs = clock.momentAt(word["start"]);
    const last = parts.at(-1);
    const isLater =
      startMs !== undefined && endMs !== undefined && startMs - endMs >= UTTERANCE_PAUSE_S * 1000;
    if (last === undefined || last.voice !== voice || isLater) parts.push({ voice, words: [word] });
    else last.words.push(word);
    endMs = clock.momentAt(word["end"]) ?? endMs;
  }
  return parts.map(({ voice, words: own }) => ({
    voice,
    words: own,
    content: own
      .flatMap((word) => textAt(word, "punctuated_word") ?? textAt(word, "word") ?? [])
      .join(" ")
      .trim(),
    confidence: undefined,
  }));
}

interface ResponseFacts {
  clock: CallClock;
  unread: UnreadCount;
  model: string | undefined;
}

function toSpoken(
  { content, words: list, confidence, language }: Utterance,
  role: Role,
  { clock, unread, model }: ResponseFacts,
): Spoken | undefined {
  const { words, startMs, endMs, badTimes }: TimedWords = readWords(list, WORD_KEYS, clock);
  unread.addTimes(badTimes);
  if (content === "") {
    unread.add("utterance without words");
    return undefined;
  }
  const timestamp = clock.timestampOf(startMs);
  const shared = {
    content,
    ...present("timestamp", timestamp),
    ...present("started_at", timestamp),
    ...present("ended_at", clock.timestampOf(endMs)),
    ...present("language", language),
    ...present("words", words),
  };
  const isShare = confidence !== undefined && confidence > 0 && confidence <= 1;
  const draft: DraftUser | DraftAgent =
    role === "user"
      ? {
          role,
          source: "deepgram_stt",
          ...present("model", model),
          ...(isShare && { confidence }),
          ...shared,
        }
      : { role, source: "unknown_tts", ...HEARD, ...shared };
  return { draft, startMs, endMs };
}

/** The name of the model; undefined if there were several. */
function readModel(response: Fields): string | undefined {
  const info = fieldsAt(fieldsAt(response, "metadata"), "model_info");
  const names = Object.keys(info).flatMap((key) => textAt(fieldsAt(info, key), "name") ?? []);
  return names.length === 1 ? names[0] : undefined;
}
