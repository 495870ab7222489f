import { describe, expect, it } from "vitest";
import { isSameText } from "../../../src/livekit/text/compare-text.js";
import { findHeardText } from "../../../src/livekit/text/heard-text.js";
import { findWords, matchParts } from "../../../src/livekit/text/match-transcripts.js";
import { findKnown } from "../../../src/livekit/text/skip-known-words.js";
import { findTextWords } from "../../../src/livekit/text/text-words.js";
import { countWords, skipLeadingMarkup, withoutMarkup } from "../../../src/record/index.js";
import { countOf } from "../../support/counts.js";

/** Texts that a caller or a model may give: runs of one character, tags that never end. */
const HOSTILE: Record<string, (length: number) => string> = {
  letters: (length) => "a".repeat(length),
  spaces: (length) => ` ${" ".repeat(length)}x`,
  words: (length) => "ab ".repeat(length / 3),
  Chinese: (length) => "您的订单号是".repeat(length / 6),
  Thai: (length) => "สวัสดีครับ".repeat(length / 10),
  emoji: (length) => "👩‍👩‍👧‍👦".repeat(length / 11),
  marks: (length) => `e${"\u0301".repeat(length)}`,
  "open brackets": (length) => "<".repeat(length),
  "open tags": (length) => '<a b="'.repeat(length / 6),
  "open comments": (length) => "<!--".repeat(length / 4),
  tags: (length) => '<break time="1s"/>'.repeat(length / 18),
  "tags and spaces": (length) => `<break${" ".repeat(500)}`.repeat(length / 506),
  punctuation: (length) => "!?".repeat(length / 2),
};

const WORK: Record<string, (text: string) => unknown> = {
  findTextWords: (text) => [...findTextWords(text)].length,
  countWords,
  withoutMarkup,
  skipLeadingMarkup,
  "findHeardText without times": (text) =>
    findHeardText({ text, words: [], heardS: 5, audioS: 10, estimate: text.slice(0, 100) }),
  "findHeardText with times of other words": (text) =>
    findHeardText({ text, words: timesOf(text.length / 50), heardS: 5, audioS: 10 }),
  isSameText: (text) => isSameText(text, `${text}x`, true),
  findKnown: (text) => findKnown(text, text.slice(0, text.length / 2)),
  matchParts: (text) => matchParts(`${text}y`)({ id: "m_1", text, rest: text, isTouched: false }),
  "matchParts with a transcript before": (text) => {
    const before = { id: "m_1", text, rest: text, isTouched: false };
    const last = { ...before, id: "m_2" };
    return matchParts(`${text}y${text}`, [before, last])(before);
  },
  findWords: (text) =>
    findWords(
      Array.from({ length: Math.ceil(text.length / 100) }, () => ({
        id: "m_1",
        text: "ab",
        rest: "ab",
        isTouched: false,
      })),
      "abx",
    ),
};

function timesOf(count: number) {
  return Array.from({ length: Math.floor(count) }, (_, index) => ({
    text: `other${index}`,
    start_s: index / 10,
    end_s: (index + 1) / 10,
  }));
}

/** The longest text, in characters. */
const LONGEST = countOf(16_000, 32_000);

/** The least of several runs, by the processor's time: others may keep the machine busy. */
function leastMs(runs: number, work: () => unknown): number {
  let least = Infinity;
  for (let run = 0; run < runs; run += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

describe("texts of any length take time in proportion to it", () => {
  it.each(Object.entries(WORK))(
    "%s takes no longer for each character of a long text",
    (_, work) => {
      const tooLong = Object.entries(HOSTILE).flatMap(([kind, make]) => {
        const [short, long] = [make(LONGEST / 16), make(LONGEST)];
        // The first run pays for the compiler.
        work(short);
        // Sixteen times the text may take sixteen times as long; quadratic is 256 times.
        let ratio = Infinity;
        for (const runs of [1, 3, 5]) {
          const shortMs = leastMs(runs, () => work(short));
          ratio = leastMs(runs, () => work(long)) / Math.max(shortMs, 0.5);
          if (ratio < 80) return [];
        }
        return [`${kind}: ${ratio} times as long`];
      });
      expect(tooLong).toEqual([]);
    },
  );
});
