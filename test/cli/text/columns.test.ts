import { expect, it } from "vitest";
import { alignColumns, fitWidths, cutToWidth } from "../../../src/cli/text/columns.js";
import { drawSparkline } from "../../../src/cli/text/sparkline.js";

const NAMES = ["parcel", "您的订单", "मुझे", "👩‍👩‍👧 family", "é"];
/** What a terminal shows: Chinese and emoji take two places, vowel signs and joiners none. */
const WIDTHS = [6, 8, 2, 9, 1];

it("columns of Latin, Chinese, Hindi and emoji begin at the same place of a terminal", () => {
  const lines = alignColumns(
    NAMES.map((text) => [{ text }, { text: "|" }]),
    { columns: undefined },
  );
  for (const [at, line] of lines.entries()) {
    const name = NAMES[at]!;
    expect(line.startsWith(name)).toBe(true);
    const filling = line.slice(name.length, line.indexOf("|"));
    expect({ name, places: WIDTHS[at]! + filling.length }).toEqual({ name, places: 11 });
  }
});

it("cutToWidth() cuts between what people call letters, and never in one", () => {
  expect(cutToWidth("parcel", 6)).toBe("parcel");
  expect(cutToWidth("parcels", 6)).toBe("parce…");
  expect(cutToWidth("您的订单", 6)).toBe("您的…");
  expect(cutToWidth("👩‍👩‍👧👩‍👩‍👧", 3)).toBe("👩‍👩‍👧…");
});

it("the last column ends where the terminal does, and numbers stand at the right", () => {
  const rows = [
    [{ text: "a" }, { text: "10", isRight: true }, { text: "a long sentence of a finding" }],
    [{ text: "b" }, { text: "7", isRight: true }, { text: "short" }],
  ];
  expect(alignColumns(rows, { columns: 20 })).toEqual(["a  10  a long sente…", "b   7  short"]);
});

it("drawSparkline() shows the highest of what falls on a place", () => {
  expect(drawSparkline([1, 2, 4, 8])).toBe("▂▃▅█");
  expect(drawSparkline([0, 0, 9, 0], 2)).toBe("▁█");
  expect(drawSparkline([])).toBe("");
});

it("the widest columns give way until a row fits into the terminal, and none without a terminal", () => {
  const rows = [
    ["call", "role", "content"],
    ["conversation_20260101_090000", "agent", "word ".repeat(400)],
    ["c", "user", "\u4f60\u597d".repeat(30)],
  ];
  for (const columns of [120, 80, 40]) {
    const widths = fitWidths(rows, { columns });
    const unused = columns - 2 * 2 - widths.reduce((sum, width) => sum + width, 0);
    expect([0, 1]).toContain(unused);
    expect(widths[1]).toBe(5);
  }
  expect(fitWidths(rows, { columns: 10 })).toEqual([8, 5, 8]);
  expect(fitWidths(rows, { columns: undefined })).toEqual([28, 5, 2000]);
});
