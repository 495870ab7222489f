import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reviewHeard } from "../../../src/livekit/redaction/heard-of-reviewed.js";
import { findHeardText } from "../../../src/livekit/text/heard-text.js";
import { findTextWords } from "../../../src/livekit/text/text-words.js";
import { segmentGraphemes } from "../../../src/record/index.js";
import { type Said, type Voice, sentence, speak, voice } from "../support/spoken-sentences.js";

/** Sentences one behind the other, and the last one with a word that only it has. */
const longLine = fc
  .tuple(fc.array(sentence, { minLength: 2, maxLength: 6 }), fc.integer({ min: 3000, max: 9000 }))
  .map(([sentences, length]) => {
    const said: Said[] = [];
    let text = "";
    for (let at = 0; text.length < length; at += 1) {
      const { text: more, said: words } = sentences[at % sentences.length] ?? {
        text: "x",
        said: [],
      };
      const gap = text === "" ? "" : " ";
      const offset = text.length + gap.length;
      for (const word of words)
        said.push({ ...word, start: word.start + offset, end: word.end + offset });
      text += gap + more;
    }
    return { text, said };
  });

const cuts = fc.double({ min: 0, max: 1, noNaN: true });
const RUNS = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 60) };

function hear(
  line: { text: string; said: Said[] },
  speaker: Voice,
  cut: number,
  estimate?: string,
): { content: string; heardS: number; saidAtS: Float64Array } {
  const spoken = speak(line, speaker);
  const heardS = spoken.audioS * cut;
  const { audioS, timed: words, saidAtS } = spoken;
  const { content } = findHeardText({ text: line.text, words, heardS, audioS, estimate });
  return { content, heardS, saidAtS };
}

describe("what was heard of a text of thousands of characters", () => {
  it("is a beginning of the text that ends at a grapheme", () => {
    fc.assert(
      fc.property(longLine, voice, cuts, (line, speaker, cut) => {
        const { content } = hear(line, speaker, cut, line.text);
        expect(line.text.startsWith(content)).toBe(true);
        const borders = [...segmentGraphemes(line.text)].map(({ start }) => start);
        expect([...borders, line.text.length]).toContain(content.length);
      }),
      RUNS,
    );
  });

  it("holds no word that was not played, and leaves none out that was, but for one", () => {
    fc.assert(
      fc.property(longLine, voice, cuts, (line, speaker, cut) => {
        const { content, heardS, saidAtS } = hear(line, speaker, cut);
        const words = [...findTextWords(line.text)];
        const count = words.filter(({ spokenEnd }) => spokenEnd <= content.length).length;
        const before = words[count - 2]?.spokenStart ?? 0;
        const after = words[count + 1]?.spokenEnd ?? line.text.length;
        expect(saidAtS[before]).toBeLessThanOrEqual(heardS + 0.01);
        expect(saidAtS[after]).toBeGreaterThanOrEqual(heardS - 0.01);
      }),
      RUNS,
    );
  });

  it("grows with the cut, and is whole exactly where all was played", () => {
    fc.assert(
      fc.property(longLine, voice, cuts, cuts, (line, speaker, one, other) => {
        const sooner = hear(line, speaker, Math.min(one, other));
        const later = hear(line, speaker, Math.max(one, other));
        expect(later.content.startsWith(sooner.content)).toBe(true);
        const lastS = later.saidAtS[[...findTextWords(line.text)].at(-1)?.spokenEnd ?? 0] ?? 0;
        const isAtTheEnd = Math.abs(later.heardS - lastS) < 0.02;
        expect(isAtTheEnd || (later.content === line.text) === later.heardS > lastS).toBe(true);
        expect(hear(line, speaker, 1).content).toBe(line.text);
      }),
      RUNS,
    );
  });
});

/** Words of which none is the same as another one, some with what the review puts in their place. */
const reviewedText = fc
  .tuple(
    fc.integer({ min: 300, max: 3000 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("[card]", "***", "<name of a person>", "")), {
      maxLength: 40,
    }),
    fc.constantFrom("word", "обед", "आपका", "語"),
  )
  .map(([count, marks, word]) => {
    const all = Array.from({ length: count }, (_, at) => ({
      text: `${word}${at}`,
      written: `${word}${at}`,
    }));
    for (const [at, mark] of marks) {
      const place = at % count;
      // Two marks side by side are one change: nobody can tell where the first one ends.
      const around = [all[place - 1], all[place + 1]];
      if (around.some((other) => other !== undefined && other.text !== other.written)) continue;
      all[place] = { text: `zz${at} 4111 zz${at}`, written: mark };
    }
    return all;
  });

describe("what was heard of a text of thousands of characters that a review has changed", () => {
  const join = (texts: readonly string[]) => texts.filter((text) => text !== "").join(" ");

  it("holds what was heard, no word that was not, and of each change the mark once it was reached", () => {
    fc.assert(
      fc.property(reviewedText, fc.nat(), (all, at) => {
        const count = 1 + (at % all.length);
        const [original, reviewed] = [
          join(all.map(({ text }) => text)),
          join(all.map(({ written }) => written)),
        ];
        const heard = join(all.slice(0, count).map(({ text }) => text));
        const content = reviewHeard(heard, original, reviewed);
        expect(content).toBe(join(all.slice(0, count).map(({ written }) => written)));
      }),
      RUNS,
    );
  });

  it("is a share of the text, at a grapheme, where the review wrote another text", () => {
    fc.assert(
      fc.property(reviewedText, longLine, cuts, (all, { text: reviewed }, cut) => {
        const original = join(all.map(({ text }) => text));
        const end = original.indexOf(" ", Math.floor(cut * original.length));
        const content = reviewHeard(original.slice(0, Math.max(end, 1)), original, reviewed);
        expect(reviewed.startsWith(content)).toBe(true);
        const borders = [...segmentGraphemes(reviewed)].map(({ start }) => start);
        expect([...borders, reviewed.length]).toContain(content.length);
      }),
      RUNS,
    );
  });
});
