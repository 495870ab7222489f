import type { AudioFrame } from "@livekit/rtc-node";
import type { SoundQuality } from "../../../otel/index.js";
import type { AudioWord } from "../../record/index.js";
import { type SoundWindow, createSoundWindows, describeSound } from "./audio-windows.js";

/** The audio of one synthesis as the provider gave it, and the times of its words. */
export interface SynthesisAudio {
  readonly durationS: number;
  /** The sample rate of the audio as it came, in hertz; undefined before any came. */
  readonly sampleRate: number | undefined;
  /** The provider's word times in seconds from the start of the audio; empty if it gives none. */
  readonly words: readonly AudioWord[];
  /** The sentences that a `StreamAdapter` had spoken, with their times; empty without such an adapter. */
  readonly sentences: readonly AudioWord[];
  /**
   * Takes a frame that has just come.
   *
   * @param nowMs when it came, in epoch milliseconds
   * @param wantedMs when LiveKit asked for it; audio is not late before that
   */
  onFrame(frame: AudioFrame, nowMs: number, wantedMs: number, spoken?: SpokenWithFrame): void;
  describe(): SoundQuality;
}

export interface SpokenWithFrame {
  /** The sentence that begins with this frame, if a `StreamAdapter` speaks sentence by sentence. */
  sentence?: string | undefined;
  /** The word times that came with the frame. */
  words?: readonly AudioWord[] | undefined;
}

/** A frame that is late by less than this does not interrupt the playback. */
const SHORTEST_GAP_MS = 20;
/** If a word begins this much before the previous word, the provider's times have begun again. */
const CLEARLY_EARLIER_S = 0.1;

export function createSynthesisAudio(): SynthesisAudio {
  const heard: SoundWindow[] = [];
  const windows = createSoundWindows((window) => heard.push(window));
  const words: AudioWord[] = [];
  const sentenceStarts: Pick<AudioWord, "text" | "start_s">[] = [];
  /** The zero of the provider's times. After a retry they begin again at 0. */
  let timesFromS = 0;
  let lastStartS = 0;
  /** The first word since that zero, as the provider gave it. */
  let first: AudioWord | undefined;
  let durationS = 0;
  let sampleRate: number | undefined;
  let gaps = 0;
  let missingMs = 0;
  /** When all audio would have been played, if it were played as it came. */
  let lastsUntilMs: number | undefined;

  /** A retry may come after the first word. Then only the same word at the same time shows it. */
  function isFirstAgain({ text, start_s }: AudioWord): boolean {
    return (
      first !== undefined && text === first.text && start_s < (first.start_s + first.end_s) / 2
    );
  }

  /** Words that an eager provider had timed before its voice broke off. */
  function forgetUnspoken(): void {
    for (;;) {
      const last = words.at(-1);
      if (last === undefined || last.start_s < timesFromS || last.end_s <= durationS) return;
      words.pop();
      if ((last.start_s + last.end_s) / 2 > durationS) continue;
      words.push({ ...last, end_s: roundToMillis(durationS) });
      return;
    }
  }

  function noteWord(word: AudioWord): void {
    const { text, start_s, end_s } = word;
    if (start_s + CLEARLY_EARLIER_S < lastStartS || isFirstAgain(word)) {
      // The same first word again is a retry; another one may be the next sentence.
      if (durationS > timesFromS && text === first?.text) forgetUnspoken();
      timesFromS = durationS > timesFromS ? durationS : (words.at(-1)?.end_s ?? timesFromS);
      first = undefined;
    }
    first ??= word;
    lastStartS = start_s;
    words.push({
      text,
      start_s: roundToMillis(timesFromS + start_s),
      end_s: roundToMillis(timesFromS + end_s),
    });
  }

  return {
    get durationS() {
      return durationS;
    },
    get sampleRate() {
      return sampleRate;
    },
    words,
    get sentences() {
      return sentenceStarts.map((sentence, index) => ({
        ...sentence,
        end_s: sentenceStarts[index + 1]?.start_s ?? roundToMillis(durationS),
      }));
    },
    onFrame(frame, nowMs, wantedMs, spoken) {
      if (spoken?.sentence !== undefined)
        sentenceStarts.push({ text: spoken.sentence, start_s: roundToMillis(durationS) });
      for (const word of spoken?.words ?? []) noteWord(word);
      const frameS = frame.samplesPerChannel / frame.sampleRate;
      windows.push(frame);
      durationS += frameS;
      sampleRate = frame.sampleRate;
      const gapMs = lastsUntilMs === undefined ? 0 : nowMs - Math.max(lastsUntilMs, wantedMs);
      if (gapMs > SHORTEST_GAP_MS) {
        gaps += 1;
        missingMs += gapMs;
      }
      lastsUntilMs = Math.max(lastsUntilMs ?? nowMs, nowMs) + frameS * 1000;
    },
    describe: () =>
      heard.length === 0
        ? {}
        : { ...describeSound(heard), gaps, gap_s: roundToMillis(missingMs / 1000) },
  };
}

function roundToMillis(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
