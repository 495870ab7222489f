import { expect, it } from "vitest";
import { EXPORT_FORMATS, type ExportedCall, toExportedCall } from "../../src/export/index.js";
import { makeCall } from "./support/calls.js";

/** The longest piece of a file that may be in memory at once. */
const LONGEST_PIECE = 300_000;
/** OTLP has by far the most bytes a message, so a call of a quarter shows as much. */
const MESSAGES = 10_000;
const MESSAGES_OF_OTLP = 2500;

function makeLongCall(messages: number): ExportedCall {
  const said = Array.from({ length: messages }, (_, at) =>
    at % 2 === 0 ? { user: `Question ${at}, please.` } : { agent: `Answer ${at} is this one.` },
  );
  return toExportedCall("long", makeCall(said), undefined);
}
const CALL = makeLongCall(MESSAGES);
const CALL_OF_OTLP = makeLongCall(MESSAGES_OF_OTLP);

async function* calls(name: string): AsyncGenerator<ExportedCall> {
  yield await Promise.resolve(name === "otlp" ? CALL_OF_OTLP : CALL);
}

/** A call is one line of jsonl, which is one piece. */
const IN_PIECES = EXPORT_FORMATS.filter(({ name }) => name !== "jsonl");

it.each(IN_PIECES)(
  "$name writes a call of thousands of messages piece by piece",
  async ({ name, write, texts }) => {
    let longest = 0;
    let bytes = 0;
    const pieces = write(calls(name), {
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
    // A file that is shorter than that would pass as one piece. This call has no findings.
    expect(bytes).toBeGreaterThan(name === "vtt-findings" ? 0 : LONGEST_PIECE);
  },
);
