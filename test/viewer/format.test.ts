import { expect, it } from "vitest";
import { UNDATED_START } from "../../src/record/undated.js";
import { formatStart } from "../../src/viewer/pages/format.js";

it("the page shows no date for a call whose date is not known", () => {
  expect(formatStart(UNDATED_START)).toBe("no date");
  expect(formatStart("2026-11-22T06:05:00.000000-08:00")).toBe("22 Nov 2026 06:05");
});
