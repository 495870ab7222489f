import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeardTextInput, findHeardText } from "../../../src/livekit/text/heard-text.js";
import { estimateSpeechTimes } from "../../../src/livekit/text/speech-time.js";
import { findTextWords } from "../../../src/livekit/text/text-words.js";
import { type Word, segmentGraphemes, withoutMarkup } from "../../../src/record/index.js";

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
const TAGS = [
  '<break time="500ms"/>',
  '<prosody rate="slow">',
  "</prosody>",
  '<expr type="sound" label="soft laugh"/>',
  "<emphasis>",
  '<say-as interpret-as="digits">',
];

interface Said {
  text: string;
  /** Where it stands in the text. */
  start: number;
  end: number;
  spoken: readonly string[];
}

const sentence = fc
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

interface Voice {
  times: "words" | "characters" | "part" | "none" | "retry";
  /** How much faster or slower than usual, and how unevenly. */
  rate: number;
  unevenness: readonly number[];
  /** Of `part` and `retry`: up to which share of the words. */
  share: number;
}
const voice: fc.Arbitrary<Voice> = fc.record({
  times: fc.constantFrom("words", "characters", "part", "none", "retry"),
  rate: fc.double({ min: 0.6, max: 1.6, noNaN: true }),
  unevenness: fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), {
    minLength: 1,
    maxLength: 7,
  }),
  share: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
});

interface Spoken {
  words: Word[];
  audioS: number;
  /** When each place of the text is said first. */
  saidAtS: Float64Array;
}

/** Speaks a text, as a provider does. */
function speak(
  { text, said }: { text: string; said: Said[] },
  { times, rate, unevenness, share }: Voice,
): Spoken {
  const scale = estimateSpeechTimes(text);
  const until = Math.ceil(said.length * share);
  const isTimed = (index: number) => times !== "none" && (times !== "part" || index < until);
  const saidAtS = new Float64Array(text.length + 1);
  const all: Word[] = [];
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
  if (times !== "retry") return { words: all, audioS: atS, saidAtS };
  // The provider broke off after some of the words, and then said everything from the beginning.
  const firstS = saidAtS[said[until - 1]?.end ?? 0] ?? 0;
  const first = all.filter(({ end_s }) => end_s <= firstS + 1e-9);
  const again = all.map((word) => ({
    ...word,
    start_s: word.start_s + firstS,
    end_s: word.end_s + firstS,
  }));
  return {
    words: [...first, ...again],
    audioS: atS + firstS,
    saidAtS: saidAtS.map((s) => (s <= firstS + 1e-9 ? s : s + firstS)),
  };
}

const estimates = fc.constantFrom("none", "right", "empty", "whole");

function hear(
  line: { text: string; said: Said[] },
  spoken: Spoken,
  cut: number,
  estimate: string,
  isComplete = true,
): { input: HeardTextInput; content: string } {
  const heardS = spoken.audioS * cut;
  const played = [...findTextWords(line.text)].filter(
    ({ spokenEnd }) => (spoken.saidAtS[spokenEnd] ?? 0) <= heardS,
  );
  const right = line.text.slice(0, played.at(-1)?.end ?? 0);
  const input: HeardTextInput = {
    text: line.text,
    words: spoken.words,
    heardS,
    audioS: spoken.audioS,
    isComplete,
    estimate: { none: undefined, right, empty: "", whole: line.text }[estimate],
  };
  return { input, content: findHeardText(input).content };
}

const cuts = fc.double({ min: 0, max: 1, noNaN: true });
const RUNS = { numRuns: 400 };

describe("what was heard of a text that was cut off", () => {
  it("is a beginning of the text that ends at a grapheme and holds no tag", () => {
    fc.assert(
      fc.property(
        sentence,
        voice,
        cuts,
        estimates,
        fc.boolean(),
        (line, speaker, cut, estimate, isComplete) => {
          const { content } = hear(line, speak(line, speaker), cut, estimate, isComplete);
          expect(line.text.startsWith(content)).toBe(true);
          const borders = [...segmentGraphemes(line.text)].map(({ start }) => start);
          expect([...borders, line.text.length]).toContain(content.length);
        },
      ),
      RUNS,
    );
  });

  it("holds no word that was not played, and leaves none out that was, but for one", () => {
    fc.assert(
      fc.property(sentence, voice, cuts, estimates, (line, speaker, cut, estimate) => {
        const spoken = speak(line, speaker);
        const { input, content } = hear(line, spoken, cut, estimate);
        const words = [...findTextWords(line.text)];
        const count = words.filter(({ spokenEnd }) => spokenEnd <= content.length).length;
        const before = words[count - 2]?.spokenStart ?? 0;
        const after = words[count + 1]?.spokenEnd ?? line.text.length;
        expect(spoken.saidAtS[before]).toBeLessThanOrEqual(input.heardS + 0.01);
        expect(spoken.saidAtS[after]).toBeGreaterThanOrEqual(input.heardS - 0.01);
      }),
      RUNS,
    );
  });

  it("grows with the cut", () => {
    fc.assert(
      fc.property(sentence, voice, cuts, cuts, estimates, (line, speaker, a, b, estimate) => {
        const spoken = speak(line, speaker);
        const sooner = hear(line, spoken, Math.min(a, b), estimate).content;
        const later = hear(line, spoken, Math.max(a, b), estimate).content;
        expect(later.startsWith(sooner)).toBe(true);
      }),
      RUNS,
    );
  });

  it("is whole exactly where all was played, and never where the voice failed without word times", () => {
    fc.assert(
      fc.property(sentence, voice, cuts, estimates, (line, speaker, cut, estimate) => {
        const spoken = speak(line, speaker);
        const lastS = spoken.saidAtS[[...findTextWords(line.text)].at(-1)?.spokenEnd ?? 0] ?? 0;
        const { input, content } = hear(line, spoken, cut, estimate);
        const isAtTheEnd = Math.abs(input.heardS - lastS) < 0.02;
        expect(isAtTheEnd || (content === line.text) === input.heardS > lastS).toBe(true);
        expect(hear(line, spoken, 1, estimate).content).toBe(line.text);
        expect(hear(line, { ...spoken, words: [] }, cut, estimate, false).content).not.toBe(
          line.text,
        );
      }),
      RUNS,
    );
  });

  it("is the same with markup in the text as without", () => {
    fc.assert(
      fc.property(
        sentence,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...TAGS)), { maxLength: 6 }),
        ({ text, said }, tags) => {
          let marked = text;
          const places = tags.map(([place, tag]) => ({
            at: said[place % said.length]?.start ?? 0,
            tag,
          }));
          for (const { at, tag } of places.toSorted((a, b) => b.at - a.at))
            marked = `${marked.slice(0, at)}${tag}${marked[at - 1] === " " ? " " : ""}${marked.slice(at)}`;
          expect(withoutMarkup(marked).replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
          expect(withoutMarkup(marked)).not.toMatch(/[<>]| {2}/);
          for (let end = 0; end <= marked.length; end += 1)
            expect(withoutMarkup(marked.slice(0, end))).not.toMatch(/<[a-z/]{3,}/);
        },
      ),
      { numRuns: 150 },
    );
  });
});
