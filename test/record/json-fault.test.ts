import { expect, test } from "vitest";
import { findJsonFault } from "../../src/record/json-fault.js";

const document = String.raw`{"a": [1, -2.5e+3, true, null, [], {}], "b \"\\ \u0905": {"c": "नमस्ते"}, "d": false}`;

test("`findJsonFault()` finds nothing wrong with JSON", () => {
  for (const text of [document, `\n\t${document}\r\n`, "0", '"x"', "[]", "{}", "[[[1],2],{}]"]) {
    expect(findJsonFault(text), text).toBeUndefined();
  }
});

test("`findJsonFault()` puts a missing end at the end, wherever the text is cut", () => {
  for (let length = 0; length < document.length; length += 1) {
    const cut = document.slice(0, length);
    expect(findJsonFault(cut), cut).toBe(length);
  }
});

test("`findJsonFault()` finds the missing end of a text of many megabytes", () => {
  const text = `["${String.raw`word \" `.repeat(1_000_000)}`;
  expect(findJsonFault(text)).toBe(text.length);
});

test("`findJsonFault()` finds the missing end of a text of many line feeds that are escaped", () => {
  const text = `{"a":"${String.raw`\n`.repeat(4_000_000)}`;
  expect(findJsonFault(text)).toBe(text.length);
});

test("`findJsonFault()` and `JSON.parse()` agree on what is JSON, one character changed at a time", () => {
  for (let index = 0; index < document.length; index += 1) {
    for (const character of ["", ",", "]", "}", '"', "0", "x", "\n", "\\"]) {
      const changed = document.slice(0, index) + character + document.slice(index + 1);
      expect(findJsonFault(changed) === undefined, changed).toBe(isJson(changed));
    }
  }
});

test.each([
  ["[1,]", 3],
  ['{"a":1,}', 7],
  ['{"a" 1}', 5],
  ["{a:1}", 1],
  ["[1 2]", 3],
  ["1 2", 2],
  ["[01]", 2],
  ["[tru]", 1],
  ['["a\nb"]', 1],
  ["[}", 1],
])("`findJsonFault()` finds in %j the character %i", (text, index) => {
  expect(findJsonFault(text)).toBe(index);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
