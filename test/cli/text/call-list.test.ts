import stringWidth from "string-width";
import { expect, it } from "vitest";
import { formatCallList } from "../../../src/cli/text/call-list.js";
import { formatHits } from "../../../src/cli/text/search-hits.js";
import { findWorst, summarizeCall, toListedCall } from "../../../src/insight/index.js";
import { generateCall } from "../../support/generate-call.js";

const CALLS = Array.from({ length: 20 }, (_, seed) => {
  const name = `conversation_20260101_0900${String(seed).padStart(2, "0")}`;
  return toListedCall(summarizeCall(name, generateCall(seed, false).conversation));
});

it.each([60, 80, 119, 120, 200])(
  "a list fits a terminal of %d columns, and has the name and the finding of each call",
  (columns) => {
    const lines = formatCallList(CALLS, { columns }).split("\n");
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    for (const { name } of CALLS) expect(lines.join("\n")).toContain(name);
    const reasons = CALLS.flatMap(({ findings }) => findWorst(findings)?.text.slice(0, 12) ?? []);
    expect(reasons).not.toEqual([]);
    for (const why of reasons) expect(lines.join("\n")).toContain(why);
  },
);

it("a search says which of the found words nobody heard", () => {
  const hit = { id: "m_1", role: "agent" as const, at_s: 1 };
  const found = (content: string, generated: string) =>
    formatHits([{ name: "c", started_at: "", hits: [{ ...hit, content, generated }] }], [], {
      columns: 200,
    });
  expect(found("The driver tries,", "The driver tries, and leaves a card.")).toContain(
    "The driver tries, [not heard: and leaves a card.]",
  );
  expect(found("", "Never heard.")).toContain("[not heard: Never heard.]");
  expect(found("All of it.", "All of it.")).not.toContain("not heard");
});
