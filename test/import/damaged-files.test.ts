import { readFileSync } from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IMPORT_FORMATS, ImportError } from "../../src/import/index.js";
import { findFindings } from "../../src/insight/index.js";
import { openContent } from "../../src/import/content.js";
import { importBytes, readFixture } from "./support/import-calls.js";
import { countOf } from "../support/counts.js";
import { listPlaces, setAt } from "./support/any-place.js";

const RECORD_FIXTURES = path.resolve(import.meta.dirname, "../record/fixtures");
const WHOLE: readonly (readonly [name: string, form: string, bytes: Buffer])[] = [
  ["Python's report", "livekit_report", readFixture("session-report-python.json")],
  ["TypeScript's report", "livekit_report", readFixture("session-report-node.json")],
  ["format 0", "talktrace", readFileSync(path.join(RECORD_FIXTURES, "format-0-list.json"))],
  ["format 1", "talktrace", readFileSync(path.join(RECORD_FIXTURES, "format-1.json"))],
  ["Retell's call", "retell", readFixture("retell-call.json")],
  ["Vapi's call", "vapi", readFixture("vapi-call.json")],
  ["ElevenLabs' conversation", "elevenlabs", readFixture("elevenlabs-conversation.json")],
  ["Deepgram's response", "deepgram", readFixture("deepgram-response.json")],
  ["another's vCon", "vcon", readFixture("vcon-call.json")],
  ["lines of text", "text_lines", Buffer.from("agent: Hello.\nuser: हाँ, 4271\nagent: Bye.\n")],
];

describe.each(WHOLE)("%s", (_name, form, bytes) => {
  it("is recognised by exactly one form", () => {
    const content = openContent("a-file", bytes);
    const takers = IMPORT_FORMATS.filter((format) => format.recognizes(content));
    expect(takers.map(({ name }) => name)).toEqual([form]);
  });

  it("gives documents that can be read, or a reason, wherever it is cut or changed", async () => {
    const position = fc.nat({ max: bytes.length - 1 });
    const change = fc.oneof(
      position.map((at) => bytes.subarray(0, at)),
      fc.tuple(position, fc.nat({ max: 255 })).map(([at, byte]) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        return changed;
      }),
      fc.tuple(position, position, position).map((cuts) => {
        const [a = 0, b = 0, c = 0] = cuts.toSorted((x, y) => x - y);
        const parts = [bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b)];
        return Buffer.concat([...parts, bytes.subarray(c)]);
      }),
    );
    await fc.assert(
      fc.asyncProperty(change, async (changed) => {
        const outcome = await importBytes(changed).catch(noneIfRefused);
        // A changed byte may be in a word, but never makes a file of another form.
        expect(outcome.filter(({ format }) => format !== form)).toEqual([]);
      }),
      { numRuns: countOf(100, 300) },
    );
  });
});

describe.each([
  ["session-report-python.json"],
  ["retell-call.json"],
  ["vapi-call.json"],
  ["elevenlabs-conversation.json"],
  ["deepgram-response.json"],
  ["vcon-call.json"],
])("%s with any value in any place", (name) => {
  it("never gives a document that cannot be read, a moment before 1990 or a negative wait", async () => {
    const report = JSON.parse(readFixture(name).toString()) as object;
    const places = listPlaces(report);
    const value = fc.oneof(
      fc.constantFrom(null, "", [], {}, true, -1, 0, 1e300, 1e12, "\ud800", [[]]),
      // A table that is an object has these names, whatever its own keys are.
      fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype)),
      fc.double({ noNaN: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), value, async (place, put) => {
        const changed = structuredClone(report);
        setAt(changed, place, put);
        const text = JSON.stringify(changed);
        for (const { conversation, isUndated } of await importBytes(text, name, {
          channels: ["user", "agent"],
        }).catch(noneIfRefused)) {
          const { session, conversation: messages } = conversation;
          const times = [session.started_at, ...messages.map(({ timestamp }) => timestamp)];
          const early = isUndated === true ? [] : times.filter((at) => at < "1990");
          expect(early).toEqual([]);
          const waits = messages.map((each) => (each.role === "agent" ? each.latency?.e2e_s : 0));
          expect(waits.filter((wait = 0) => wait < 0)).toEqual([]);
          expect(conversation.metrics.duration_s ?? 0).toBeGreaterThanOrEqual(0);
          expect(findFindings(conversation).filter(({ rule }) => rule === "contradiction")).toEqual(
            [],
          );
        }
      }),
      { numRuns: countOf(200, 600) },
    );
  });
});

/** A refusal with a reason is an answer; any other error is a crash. */
function noneIfRefused(error: unknown): [] {
  if (!(error instanceof ImportError) || error.message === "") throw error;
  return [];
}
