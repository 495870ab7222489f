import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ImportError } from "../../src/import/index.js";
import { anyCall } from "../export/support/any-call.js";
import { exportCalls, readSample } from "../export/support/calls.js";
import { importBytes, importOne } from "./support/import-calls.js";

it("a page of any call gives the call back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, async (call) => {
      const { conversation, format } = await importOne(await exportCalls("html", [call]));
      expect(format).toBe("talktrace_page");
      expect(conversation).toEqual(call);
    }),
    { numRuns: 100 },
  );
});

it("a page that is cut anywhere is refused with a reason, or gives the whole call", async () => {
  const page = await exportCalls("html", [readSample()]);
  for (let length = 20; length < page.length; length += 997) {
    const calls = await importBytes(page.slice(0, length)).catch((error: unknown) => {
      if (error instanceof ImportError) return [];
      throw error;
    });
    for (const { conversation } of calls) expect(conversation).toEqual(readSample());
  }
});

it("a page of somebody else is of no known form", async () => {
  await expect(importBytes("<!doctype html><p>user: hi</p>")).rejects.toThrow("of no known form");
});
