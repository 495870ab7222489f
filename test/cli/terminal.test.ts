import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { cleanData, cleanStrings, cleanText, formatJson } from "../../src/cli/terminal.js";

const HOSTILE = "\u001b[2J\u009b31m\u0007\u202e\u007f\rend";

it("cleanText() leaves lines and styles, and shows every other control by its code", () => {
  expect(cleanText("\u001b[2mone\u001b[22m\ntwo\u001b]0;title\u0007")).toBe(
    "\u001b[2mone\u001b[22m\ntwo\\u001b]0;title\\u0007",
  );
});

it("cleanData() keeps lines alone, so that no style hides a caller's words", () => {
  expect(cleanData("a,b\n\u001b[8mhidden\u001b[0m,c\n")).toBe(
    "a,b\n\\u001b[8mhidden\\u001b[0m,c\n",
  );
  for (let code = 0; code < 0x100; code += 1) {
    const cleaned = cleanData(`${String.fromCharCode(code)}[8m\n`);
    expect(cleaned).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u);
    expect(cleaned.endsWith("[8m\n")).toBe(true);
  }
});

it("printData() writes a file's words to a terminal without their styles, and to a pipe as they are", () => {
  const styled = "a \u001b[8mhidden\u001b[0m word\n";
  const main = new URL("../../dist/src/cli/terminal.js", import.meta.url).href;
  const print = (isTerminal: boolean) =>
    spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { openTerminal } from ${JSON.stringify(main)};
        process.stdout.isTTY = ${isTerminal};
        await openTerminal(() => undefined).printData(${JSON.stringify(styled)});`,
      ],
      { encoding: "utf8" },
    ).stdout;
  expect(print(true)).toBe("a \\u001b[8mhidden\\u001b[0m word\n");
  expect(print(false)).toBe(styled);
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
