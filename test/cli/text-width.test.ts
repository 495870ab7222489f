import * as fc from "fast-check";
import stringWidth from "string-width";
import { expect, it } from "vitest";
import { widthOf } from "../../src/cli/text/text-width.js";

it("`widthOf()` finds the width that `string-width` finds, of any text", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
  );
  fc.assert(fc.property(texts, (text) => widthOf(text) === stringWidth(text)));
  for (let code = 0; code < 256; code += 1) {
    const character = String.fromCharCode(code);
    expect(widthOf(character)).toBe(stringWidth(character));
  }
});
