import { afterEach, describe, expect, it, vi } from "vitest";
import { createClock } from "../../../src/livekit/livekit-facts/clock.js";

afterEach(() => vi.restoreAllMocks());

/** The two clocks of a machine, told by the test. */
function setClocks(): { wallMs: number; monotonicMs: number } {
  const clocks = { wallMs: 1_700_000_000_000.4, monotonicMs: 5_000 };
  vi.spyOn(Date, "now").mockImplementation(() => Math.floor(clocks.wallMs));
  vi.spyOn(performance, "now").mockImplementation(() => clocks.monotonicMs);
  return clocks;
}

describe("createClock", () => {
  it("gives one time of the system's clock the same place whenever it is asked for", () => {
    const clocks = setClocks();
    const clock = createClock();
    const places = new Set<number>();
    for (let step = 0; step < 30; step += 1) {
      clocks.wallMs += 0.3;
      clocks.monotonicMs += 0.3;
      places.add(clock.fromWall(1_700_000_000_001));
    }
    expect([...places]).toEqual([1_700_000_000_001]);
  });

  it("runs on when the system's clock is set back, and places its times where they were made", () => {
    const clocks = setClocks();
    const clock = createClock();
    const before = clock.now();
    clocks.wallMs -= 3_600_000;
    clocks.monotonicMs += 100;
    expect(clock.now() - before).toBeCloseTo(100, 6);
    expect(Math.abs(clock.fromWall(Date.now()) - clock.now())).toBeLessThanOrEqual(1);
  });
});
