import { expect, it } from "vitest";
import { EXPORT_FORMATS, type ExportedCall, toExportedCall } from "../../src/export/index.js";
import { makeCall } from "./support/calls.js";

/** The longest piece of a file that may be in memory at once. */
const LONGEST_PIECE = 300_000;
const MESSAGES = 10_000;

const CALL = toExportedCall(
  "long",
  makeCall(
    Array.from({ length: MESSAGES }, (_, at) =>
      at % 2 === 0 ? { user: `Question ${at}, please.` } : { agent: `Answer ${at} is this one.` },
    ),
  ),
  undefined,
);

async function* calls(): AsyncGenerator<ExportedCall> {
  yield await Promise.resolve(CALL);
}

/** A call is one line of jsonl, which is one piece. */
const IN_PIECES = EXPORT_FORMATS.filter(({ name }) => name !== "jsonl");

it.each(IN_PIECES)(
  "$name writes a call of 10,000 messages piece by piece",
  async ({ write, texts }) => {
    let longest = 0;
    let bytes = 0;
    const pieces = write(calls(), {
      text: texts[0] ?? "both",
      rows: "messages",
      bom: true,
      vconBody: "json",
      now: new Date(0),
      onLeftOut: () => undefined,
    });
    for await (const piece of pieces) {
      longest = Math.max(longest, piece.length);
      bytes += piece.length;
    }
    expect(longest).toBeLessThan(LONGEST_PIECE);
    expect(bytes).toBeGreaterThan(0);
  },
);
