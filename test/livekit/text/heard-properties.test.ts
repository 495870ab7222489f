import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeardTextInput, findHeardText } from "../../../src/livekit/text/heard-text.js";
import { findTextWords } from "../../../src/livekit/text/text-words.js";
import { segmentGraphemes, withoutMarkup } from "../../../src/record/index.js";
import {
  type Said,
  type Spoken,
  TAGS,
  sentence,
  speak,
  voice,
} from "../support/spoken-sentences.js";
import { countOf } from "../../support/counts.js";

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
    words: spoken.timed,
    heardS,
    audioS: spoken.audioS,
    isComplete,
    estimate: { none: undefined, right, empty: "", whole: line.text }[estimate],
  };
  return { input, content: findHeardText(input).content };
}

const cuts = fc.double({ min: 0, max: 1, noNaN: true });
const RUNS = { numRuns: Number(process.env["FUZZ_RUNS"] ?? countOf(150, 400)) };

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
        expect(hear(line, { ...spoken, timed: [] }, cut, estimate, false).content).not.toBe(
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
          expect(withoutMarkup(marked)).not.toMatch(/[<>[\]]| {2}/);
          for (let end = 0; end <= marked.length; end += 1)
            expect(withoutMarkup(marked.slice(0, end))).not.toMatch(/<[a-z/]{3,}|\[[a-z]{2,}/);
        },
      ),
      { numRuns: 150 },
    );
  });
});
