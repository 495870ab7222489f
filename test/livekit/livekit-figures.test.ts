import { describe, expect, it } from "vitest";
import { type ImplausibleFigure, readLivekitFigures } from "../../src/livekit/livekit-figures.js";

const END = "eou_metrics.lastSpeakingTimeMs";
const WAIT = "eou_metrics.endOfUtteranceDelayMs";
const POSITION = "playback_finished.playbackPosition";
const NOW = 1_755_500_000_000;

function read(...formerUnits: Parameters<typeof readLivekitFigures>[2] & object) {
  const told: ImplausibleFigure[] = [];
  return { told, figures: readLivekitFigures("1.8.1", (each) => told.push(each), formerUnits) };
}

describe("LiveKit's figures", () => {
  it("come out in milliseconds, and positions in seconds", () => {
    const { figures, told } = read();
    expect(figures.moment(END, NOW - 700, NOW)).toBe(NOW - 700);
    expect(figures.wait(WAIT, 512)).toBe(512);
    expect(figures.position(POSITION, 1.25, 2)).toBe(1.25);
    expect(told).toEqual([]);
  });

  it("are converted where a version had another unit", () => {
    const { figures, told } = read(
      { figure: WAIT, before: "1.9.0", unit: "s" },
      { figure: POSITION, before: "1.8.0", unit: "ms" },
    );
    expect(figures.wait(WAIT, 0.512)).toBe(512);
    expect(figures.position(POSITION, 1.25, 2)).toBe(1.25);
    expect(told).toEqual([]);
  });

  it.each([
    ["negative", WAIT, -1],
    ["longer than a minute", WAIT, 203_404],
    ["no number", WAIT, NaN],
  ] as const)("are left out and told of when a wait is %s", (_, figure, value) => {
    const { figures, told } = read();
    expect(figures.wait(figure, value)).toBeUndefined();
    expect(told).toEqual([{ figure, value: Number.isNaN(value) ? "NaN" : value, unit: "ms" }]);
  });

  it("are left out when a moment lies in the future, or in seconds", () => {
    const { figures, told } = read();
    expect(figures.moment(END, NOW + 1000, NOW)).toBeUndefined();
    expect(figures.moment(END, NOW / 1000, NOW)).toBeUndefined();
    expect(figures.moment("function_call.createdAt", NOW - 300_000, NOW, 3_600_000)).toBe(
      NOW - 300_000,
    );
    expect(told).toHaveLength(2);
  });

  it("are left out when more was played than there was", () => {
    const { figures, told } = read();
    expect(figures.position(POSITION, 1250, 2)).toBeUndefined();
    expect(figures.position(POSITION, -0.1, 2)).toBeUndefined();
    expect(told).toHaveLength(2);
  });
});
