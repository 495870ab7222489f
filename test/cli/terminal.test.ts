import { expect, it } from "vitest";
import { cleanStrings, cleanText, formatJson } from "../../src/cli/terminal.js";

const HOSTILE = "\u001b[2J\u009b31m\u0007\u202e\u007f\rend";

it("cleanText() leaves lines and styles, and shows every other control by its code", () => {
  expect(cleanText("\u001b[2mone\u001b[22m\ntwo\u001b]0;title\u0007")).toBe(
    "\u001b[2mone\u001b[22m\ntwo\\u001b]0;title\\u0007",
  );
});

it("formatJson() gives the same value, and nothing that steers a terminal", () => {
  const value = { [HOSTILE]: [HOSTILE] };
  const json = formatJson(value);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
});

it("cleanStrings() takes styles out of every string and key, and copies nothing that is clean", () => {
  const clean = { a: ["b", 1, null], c: { d: true } };
  expect(cleanStrings(clean)).toBe(clean);
  const answer = { clean, ["\u001b[31mkey"]: ["\u001b[8mhidden", "two\nlines"] };
  const cleaned = cleanStrings(answer);
  expect(cleaned).toEqual({ clean, ["\\u001b[31mkey"]: ["\\u001b[8mhidden", "two lines"] });
  expect(cleaned.clean).toBe(clean);
});
