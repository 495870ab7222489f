import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { countWords, findSentences } from "../support/markdown.js";

const repository = path.resolve(import.meta.dirname, "../..");
/** The rule for whoever writes is 25; over this the test fails. */
const MAX_WORDS = 30;

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "ARCHITECTURE.md",
  "SECURITY.md",
  ...readdirSync(path.join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
  ...["src", "otel"].flatMap((top) =>
    readdirSync(path.join(repository, top), { recursive: true, encoding: "utf8" })
      .filter((name) => path.basename(name) === "README.md")
      .map((name) => path.join(top, name)),
  ),
];

test.each(pages)(`no sentence in %s has more than ${MAX_WORDS} words`, (page) => {
  const sentences = findSentences(readFileSync(path.join(repository, page), "utf8"));
  expect(sentences).not.toEqual([]);
  expect(sentences.filter((sentence) => countWords(sentence) > MAX_WORDS)).toEqual([]);
});

test("README.md has less than 200 lines", () => {
  const readme = readFileSync(path.join(repository, "README.md"), "utf8");
  expect(readme.split("\n").length - 1).toBeLessThan(200);
});

describe("the finder of sentences", () => {
  test("leaves out headings, tables, comments, pictures and blocks of code", () => {
    const text =
      "# A heading. Of two\n\n| a. b | c. d |\n\n<!-- e. f -->\n\n![g. h](i.png)\n\n```sh\nj. k\n```\n\nOne.";
    expect(findSentences(text)).toEqual(["One."]);
  });

  test("ends a sentence at its full stop, and at the end of an item or a paragraph", () => {
    expect(
      findSentences("One is here. Two\nis `a. b` here!\n\n- Three\n- four\n\nFive: 1.5 s"),
    ).toEqual(["One is here.", "Two is code here!", "Three", "four", "Five: 1.5 s"]);
  });

  test("does not end a sentence at an abbreviation, or within a link's address", () => {
    expect(findSentences("Words, e.g. Hindi, are [a link](a.b/c. d) here.")).toEqual([
      "Words, eg Hindi, are a link here.",
    ]);
  });

  test("takes a list of names in code for one word", () => {
    expect(findSentences("The keys `a`, `b.c` and `d` are here.")).toEqual([
      "The keys code are here.",
    ]);
  });

  test("counts words, and no signs", () => {
    expect(countWords("From 1 to 2 words: `x` — and 30 %")).toBe(8);
  });
});
