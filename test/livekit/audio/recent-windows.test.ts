import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRecentWindows } from "../../../src/livekit/audio/recent-windows.js";

test("recent windows are the last ones of all that came, however many came", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }),
      fc.integer({ min: -5, max: 600 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 12 }),
      (keptWindows, lengths, sinceMs, lengthMs, count) => {
        const recent = createRecentWindows<{ endMs: number }>(keptWindows);
        let endMs = 0;
        const all = lengths.map((length) => ({ endMs: (endMs += length) }));
        for (const window of all) recent.add(window);
        const kept = all.slice(-keptWindows);
        const untilMs = sinceMs + lengthMs;
        expect(recent.latest(count)).toEqual(
          kept.slice(kept.length - Math.min(count, kept.length)),
        );
        expect(recent.between(sinceMs, untilMs)).toEqual(
          kept.filter((window) => window.endMs > sinceMs && window.endMs <= untilMs),
        );
      },
    ),
  );
});
