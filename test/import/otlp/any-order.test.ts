import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImportError } from "../../../src/import/index.js";
import { findDeliveryFault } from "../../../src/record/index.js";
import { importBytes, importOne } from "../support/import-calls.js";
import {
  NODE_1_8,
  PYTHON_1_2,
  PYTHON_1_8,
  makeGenAiCall,
  makeLivekitCall,
  makePipecatCall,
} from "./support/made-calls.js";
import { type OtlpRequest, splitRequests, toLines } from "./support/make-trace.js";
import { listPlaces, setAt } from "../support/any-place.js";

const CALLS: readonly (readonly [name: string, call: OtlpRequest])[] = [
  ["LiveKit Python 1.8", makeLivekitCall(PYTHON_1_8)],
  ["LiveKit Python 1.2", makeLivekitCall(PYTHON_1_2)],
  ["LiveKit TypeScript", makeLivekitCall(NODE_1_8)],
  ["Pipecat", makePipecatCall()],
  ["gen_ai", makeGenAiCall()],
];

describe.each(CALLS)("spans of %s", (_name, call) => {
  const parts = splitRequests([call]);

  it("give the same document in any order, twice, and however they are cut into requests", async () => {
    const expected = await importOne(JSON.stringify(call));
    const order = fc.shuffledSubarray(parts, { minLength: parts.length });
    const cut = fc.record({
      order,
      twice: fc.subarray(parts),
      size: fc.integer({ min: 1, max: 9 }),
    });
    const form = fc.constantFrom("lines", "list", "one");
    await fc.assert(
      fc.asyncProperty(cut, form, async ({ order: shuffled, twice, size }, as) => {
        const all = [...shuffled, ...twice];
        const requests: OtlpRequest[] = [];
        for (let at = 0; at < all.length; at += as === "one" ? all.length : size)
          requests.push({
            resourceSpans: all
              .slice(at, as === "one" ? all.length : at + size)
              .flatMap(({ resourceSpans }) => resourceSpans),
          });
        const text = as === "list" ? JSON.stringify(requests) : toLines(requests);
        expect(await importOne(text)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("give a document that can be true, or a reason, whichever of them never came", async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(parts, { minLength: 1 }), async (some) => {
        const outcome = await importBytes(toLines(some)).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof ImportError).toBe(true);
        if (!Array.isArray(outcome)) return;
        for (const { conversation } of outcome as Awaited<ReturnType<typeof importBytes>>) {
          const faults = conversation.conversation.map((message) =>
            message.role === "agent" ? findDeliveryFault(message) : undefined,
          );
          expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("give a document that can be read, or a reason, with any value in any place", async () => {
    const places = listPlaces(call);
    const value = fc.oneof(
      fc.constantFrom(null, "", [], {}, true, -1, 0, 1e300, "NaN", "Infinity", "12", "__proto__"),
      fc.constantFrom(
        "\ud800",
        [[]],
        "1000000000000000000",
        "99999999999999999999",
        "0".repeat(32),
      ),
      fc.constantFrom(
        { intValue: "x" },
        { doubleValue: "NaN" },
        { arrayValue: {} },
        { kvlistValue: 1 },
      ),
      fc.double(),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), value, async (place, put) => {
        const changed = structuredClone(call);
        setAt(changed, place, put);
        const outcome = await importBytes(JSON.stringify(changed)).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof ImportError).toBe(true);
      }),
      { numRuns: 250 },
    );
  });
});
