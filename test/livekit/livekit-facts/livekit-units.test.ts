import { describe, expect, it } from "vitest";
import {
  type ImplausibleFigure,
  readLivekitFigures,
} from "../../../src/livekit/livekit-facts/livekit-units.js";

const END = "eou_metrics.lastSpeakingTimeMs";
const WAIT = "eou_metrics.endOfUtteranceDelayMs";
const POSITION = "playback_finished.playbackPosition";
const AUDIO = "model_usage.audioDurationMs";
const SPEECH = "user_transcription_timeout.speechDuration";
const NOW = 1_755_500_000_000;

function read() {
  const told: ImplausibleFigure[] = [];
  return { told, figures: readLivekitFigures((each) => told.push(each)) };
}

describe("LiveKit's figures", () => {
  it("come out in milliseconds, and positions in seconds", () => {
    const { figures, told } = read();
    expect(figures.moment(END, NOW - 700, NOW)).toBe(NOW - 700);
    expect(figures.wait(WAIT, 512)).toBe(512);
    expect(figures.position(POSITION, 1.25, 2)).toBe(1.25);
    expect(told).toEqual([]);
  });

  it("come out in seconds where they are lengths of sound", () => {
    const { figures, told } = read();
    expect(figures.length(AUDIO, 7_200_450)).toBe(7200.45);
    expect(figures.length(SPEECH, 800)).toBe(0.8);
    expect(figures.length(SPEECH, -1)).toBeUndefined();
    expect(figures.length(AUDIO, Infinity)).toBeUndefined();
    expect(told).toEqual([
      { figure: SPEECH, value: -1, unit: "ms" },
      { figure: AUDIO, value: "Infinity", unit: "ms" },
    ]);
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
