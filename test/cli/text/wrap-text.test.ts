import { array, assert, constantFrom, integer, property } from "fast-check";
import stringWidth from "string-width";
import { expect, it } from "vitest";
import { hangText } from "../../../src/cli/text/wrap-text.js";

const WORDS = [
  "parcel",
  "क्या",
  "फ़ोन",
  "您的包裹",
  "配送状况如何？",
  "👨‍👩‍👧",
  "naïve",
  "e\u0301te\u0301",
  "x".repeat(70),
  "ありがとうございます。",
  "שלום",
];
const anyText = array(constantFrom(...WORDS), { maxLength: 30 }).map((all) => all.join(" "));
const squeeze = (text: string): string => text.replaceAll(/\s/g, "");

it("hangText() keeps every line within the terminal, and loses no letter, in any script", () => {
  assert(
    property(anyText, anyText, integer({ min: 40, max: 120 }), (one, other, columns) => {
      const head = " 0:12.4   3 agent ";
      const wrapped = hangText([{ text: head }], [{ text: one }, { text: other }], { columns });
      for (const line of wrapped.split("\n"))
        expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(squeeze(wrapped)).toBe(squeeze(head + one + other));
    }),
  );
});

it("hangText() writes one line in a file or a pipe, whatever its length", () => {
  const text = "word ".repeat(100);
  expect(hangText([{ text: "head " }], [{ text }], { columns: undefined })).toBe(`head ${text}`);
});

it("hangText() begins the following lines below the text, and near the edge on a narrow terminal", () => {
  const head = [{ text: "0:12.4 agent " }];
  const text = [{ text: "The parcel goes back to our counter tomorrow." }];
  expect(hangText(head, text, { columns: 40 })).toBe(
    "0:12.4 agent The parcel goes back to our\n             counter tomorrow.",
  );
  expect(hangText(head, text, { columns: 30 })).toBe(
    "0:12.4 agent The parcel goes\n    back to our counter\n    tomorrow.",
  );
});

it("hangText() styles each line on its own, so that a pager may begin anywhere", () => {
  const style = (text: string): string => `<${text}>`;
  const text = [{ text: "one two three four five six seven", style }];
  expect(hangText([], text, { columns: 20 })).toBe("<one two three four>\n<five six seven>");
});
