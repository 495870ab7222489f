import { describe, expect, it } from "vitest";
import {
  EXPORT_FORMATS,
  type ExportOptions,
  ROW_KINDS,
  toExportedCall,
} from "../../src/export/index.js";
import type { Conversation } from "../../src/record/index.js";
import { countOf } from "../support/counts.js";
import { measureLaterGrowth } from "../support/growth.js";
import { LONG_CALL_KINDS, makeLongCall } from "../support/long-call.js";

const MESSAGES = countOf(24, 250);
const TIMES = 8;
/** Linear work grows to about eight times, and more where memory is short; quadratic work to 64. */
const LINEAR = 28;

const OPTIONS: Omit<ExportOptions, "rows"> = {
  text: "both",
  bom: false,
  vconBody: "json",
  now: new Date(0),
  onLeftOut: () => undefined,
};

describe("a file of a call takes eight times as long for eight times as many messages, not 64 times", () => {
  const cases = EXPORT_FORMATS.flatMap((format) =>
    (format.name === "csv" ? ROW_KINDS : ROW_KINDS.slice(0, 1)).map(
      (rows) => [format.name, rows, format] as const,
    ),
  );

  it.each(cases)("%s of %s", async (_name, rows, format) => {
    const slow: string[] = [];
    let length = 0;
    for (const kind of LONG_CALL_KINDS) {
      const write = async (conversation: Conversation): Promise<void> => {
        const calls = [toExportedCall("a", conversation, undefined)];
        for await (const piece of format.write(toAsync(calls), { ...OPTIONS, rows }))
          length += piece.length;
      };
      const make = (size: number) => makeLongCall(kind, size);
      let growth = Infinity;
      // A short file takes less than a millisecond, which one collection of garbage may double.
      for (let attempt = 0; attempt < 3 && growth >= LINEAR; attempt += 1)
        growth = await measureLaterGrowth(MESSAGES, make, write, TIMES, LINEAR);
      if (growth >= LINEAR) slow.push(`a call ${kind}: ${growth.toFixed(0)} times as long`);
    }
    expect(slow).toEqual([]);
    expect(length).toBeGreaterThan(0);
  });
});

async function* toAsync<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
