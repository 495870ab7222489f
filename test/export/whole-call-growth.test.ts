import { describe, expect, it } from "vitest";
import {
  EXPORT_FORMATS,
  type ExportOptions,
  ROW_KINDS,
  toExportedCall,
} from "../../src/export/index.js";
import type { Conversation } from "../../src/record/index.js";
import { measureLaterGrowth } from "../support/growth.js";
import { LONG_CALLS } from "../support/long-call.js";

const MESSAGES = 250;
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
    for (const [kind, make] of Object.entries(LONG_CALLS)) {
      const write = async (conversation: Conversation): Promise<void> => {
        const calls = [toExportedCall("a", conversation, undefined)];
        let length = 0;
        for await (const piece of format.write(toAsync(calls), { ...OPTIONS, rows }))
          length += piece.length;
        expect(length).toBeGreaterThan(0);
      };
      const growth = await measureLaterGrowth(MESSAGES, make, write, TIMES);
      if (growth >= LINEAR) slow.push(`a call ${kind}: ${growth.toFixed(0)} times as long`);
    }
    expect(slow).toEqual([]);
  });
});

async function* toAsync<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
