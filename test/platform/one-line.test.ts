import { expect, it } from "vitest";
import { toOneLine } from "../../src/record/index.js";

it("toOneLine() gives one line that steers no terminal, and leaves words of any script alone", () => {
  expect(toOneLine("First.\r\n  Second.\u2028Third.\tEnd.")).toBe("First. Second. Third. End.");
  expect(toOneLine("\u001b[2J\u0007wiped\u009b31m\u0000")).toBe(
    "\\u001b[2J\\u0007wiped\\u009b31m\\u0000",
  );
  expect(toOneLine("pay \u202e001$\u202c")).toBe("pay \\u202e001$\\u202c");
  expect(toOneLine("one  two \n\n\u0085 three")).toBe("one  two three");
  for (const words of ["नमस्ते, आप कैसे हैं?", "क्‍ष", "👩‍👧 ok", "¿Qué? — “sí”", "שלום"])
    expect(toOneLine(words)).toBe(words);
});

it("toOneLine() changes each character that can steer a terminal, and no other", () => {
  const steers = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const text = `a${String.fromCodePoint(code)}b`;
    if ((toOneLine(text) !== text) !== steers.test(text)) wrong.push(`U+${code.toString(16)}`);
  }
  expect(wrong).toEqual([]);
});
