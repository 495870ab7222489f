import * as fc from "fast-check";
import { estimateSpeechTimes } from "../../../src/livekit/text/speech-time.js";
import type { AudioWord } from "../../../src/record/index.js";

/** Words of many scripts; `gap` is what stands between two of them. */
const SCRIPTS = {
  Latin: {
    gap: " ",
    words: "Your parcel leaves the warehouse tomorrow morning, doesn't it? Köln".split(" "),
  },
  Devanagari: { gap: " ", words: "आपका पार्सल कल सुबह गोदाम से निकलेगा, ठीक है।".split(" ") },
  Bengali: { gap: " ", words: "আপনার পার্সেল কাল সকালে গুদাম থেকে ছাড়বে।".split(" ") },
  Tamil: { gap: " ", words: "உங்கள் பார்சல் நாளை காலை கிடங்கிலிருந்து புறப்படும்.".split(" ") },
  Arabic: { gap: " ", words: "سيغادر طردك المستودع صباح الغد، إن شاء الله".split(" ") },
  Hebrew: { gap: " ", words: "החבילה שלך תצא מהמחסן מחר בבוקר.".split(" ") },
  Cyrillic: { gap: " ", words: "Ваша посылка уедет со склада завтра утром, хорошо?".split(" ") },
  Chinese: {
    gap: "",
    words: ["您的", "订单", "号", "是", "明天", "早上", "，", "请", "稍等", "。"],
  },
  Japanese: {
    gap: "",
    words: ["お荷物", "は", "明日", "の", "朝", "、", "倉庫", "を", "出ます", "。"],
  },
  Korean: { gap: " ", words: "고객님의 소포는 내일 아침 창고에서 출발합니다.".split(" ") },
  Thai: { gap: "", words: ["พัสดุ", "ของ", "คุณ", "จะ", "ออก", "จาก", "คลัง", "พรุ่งนี้", "เช้า"] },
  Khmer: { gap: "", words: ["កញ្ចប់", "របស់", "អ្នក", "នឹង", "ចេញ", "ពី", "ឃ្លាំង", "ស្អែក"] },
  emoji: { gap: " ", words: ["great", "👍🏽", "thanks", "👩‍👩‍👧‍👦", "done", "🇮🇳", "❤️", "yes"] },
} as const;
const NUMERALS = [
  { text: "42", spoken: ["forty", "two"] },
  { text: "$7", spoken: ["seven", "dollars"] },
];
export const TAGS = [
  '<break time="500ms"/>',
  '<prosody rate="slow">',
  "</prosody>",
  '<expr type="sound" label="soft laugh"/>',
  "<emphasis>",
  '<say-as interpret-as="digits">',
  "[laughter]",
  "[clears throat]",
  "<sigh>",
  "<#0.5#>",
];

export interface Said {
  text: string;
  /** Where it stands in the text. */
  start: number;
  end: number;
  spoken: readonly string[];
}

export const sentence = fc
  .array(
    fc.record({
      script: fc.constantFrom(...Object.values(SCRIPTS)),
      from: fc.nat(9),
      count: fc.integer({ min: 1, max: 8 }),
      numeral: fc.option(fc.constantFrom(...NUMERALS)),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => {
    const said: Said[] = [];
    let text = "";
    for (const { script, from, count, numeral } of parts) {
      const words: { text: string; spoken: readonly string[] }[] = Array.from(
        { length: count },
        (_, index) => {
          const word = script.words[(from + index) % script.words.length] ?? "";
          return { text: word, spoken: [word] };
        },
      );
      if (numeral !== null) words.splice(Math.floor(count / 2), 0, numeral);
      for (const [index, word] of words.entries()) {
        const gap = text === "" ? "" : index === 0 ? " " : script.gap;
        said.push({
          ...word,
          start: text.length + gap.length,
          end: text.length + gap.length + word.text.length,
        });
        text += gap + word.text;
      }
    }
    return { text, said };
  })
  .filter(({ text }) => /\p{L}/u.test(text));

export interface Voice {
  times: "words" | "characters" | "part" | "none" | "retry" | "eager retry";
  /** How much faster or slower than usual, and how unevenly. */
  rate: number;
  unevenness: readonly number[];
  /** Of `part`, `retry` and `eager retry`: up to which share of the words. */
  share: number;
}
export const voice: fc.Arbitrary<Voice> = fc.record({
  times: fc.constantFrom("words", "characters", "part", "none", "retry", "eager retry"),
  rate: fc.double({ min: 0.6, max: 1.6, noNaN: true }),
  unevenness: fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), {
    minLength: 1,
    maxLength: 7,
  }),
  share: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
});

export interface Spoken {
  /** The words that were said, by the time since the first sound. */
  words: AudioWord[];
  /** The same, with those that an eager provider timed before its voice broke off. */
  timed: AudioWord[];
  /** The words as the provider gives them: each try from 0, with the frame at `fromS`. */
  tries: { fromS: number; words: AudioWord[] }[];
  audioS: number;
  /** When each place of the text is said first. */
  saidAtS: Float64Array;
}

/** Speaks a text, as a provider does. */
export function speak(
  { text, said }: { text: string; said: Said[] },
  { times, rate, unevenness, share }: Voice,
): Spoken {
  const scale = estimateSpeechTimes(text);
  const until = Math.ceil(said.length * share);
  const isTimed = (index: number) => times !== "none" && (times !== "part" || index < until);
  const saidAtS = new Float64Array(text.length + 1);
  const all: AudioWord[] = [];
  let atS = 0;
  for (const [index, { start, end, spoken }] of said.entries()) {
    const factor = isTimed(index) ? (unevenness[index % unevenness.length] ?? 1) : 1;
    const lengthS = ((scale[end] ?? 0) - (scale[start] ?? 0)) * rate * factor;
    for (let place = start; place <= end; place += 1)
      saidAtS[place] = Math.max(
        saidAtS[place] ?? 0,
        atS + (lengthS * (place - start)) / (end - start),
      );
    if (isTimed(index) && lengthS > 0) {
      const pieces = times === "characters" ? spoken.flatMap((word) => Array.from(word)) : spoken;
      for (const [number, piece] of pieces.entries())
        all.push({
          text: piece,
          start_s: atS + (lengthS * number) / pieces.length,
          end_s: atS + (lengthS * (number + 1)) / pieces.length,
        });
    }
    atS += lengthS;
  }
  const once = { words: all, timed: all, tries: [{ fromS: 0, words: all }], audioS: atS, saidAtS };
  const isRetry = times === "retry" || times === "eager retry";
  const firstS = saidAtS[said[until - 1]?.end ?? 0] ?? 0;
  // After the last sound nothing is left to break off.
  if (!isRetry || firstS > atS - 1e-9) return once;
  // The provider broke off after some of the words, and then said everything from the beginning.
  // An eager one had given the times of all words before.
  const played = all.filter(({ end_s }) => end_s <= firstS + 1e-9);
  const again = all.map((word) => ({
    ...word,
    start_s: word.start_s + firstS,
    end_s: word.end_s + firstS,
  }));
  const words = [...played, ...again];
  return {
    words,
    timed: times === "eager retry" ? [...all, ...again] : words,
    tries:
      times === "eager retry"
        ? [...once.tries, { fromS: firstS, words: all }]
        : [{ fromS: 0, words }],
    audioS: atS + firstS,
    saidAtS: saidAtS.map((s) => (s <= firstS + 1e-9 ? s : s + firstS)),
  };
}
