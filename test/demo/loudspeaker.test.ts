import { once } from "node:events";
import { initializeLogger, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Loudspeaker } from "../../src/demo/loudspeaker.js";

const { EVENT_PLAYBACK_FINISHED, EVENT_PLAYBACK_STARTED } = voice.AudioOutput;
const RATE = 8;
let speaker: Loudspeaker;

beforeAll(() => initializeLogger({ pretty: false, level: "silent" }));
afterEach(() => speaker.close());

function newSpeaker(): { started: number[]; finished: voice.PlaybackFinishedEvent[] } {
  speaker = new Loudspeaker({ rate: RATE });
  const events = { started: [] as number[], finished: [] as voice.PlaybackFinishedEvent[] };
  speaker.on(EVENT_PLAYBACK_STARTED, ({ createdAt }: voice.PlaybackStartedEvent) =>
    events.started.push(createdAt),
  );
  speaker.on(EVENT_PLAYBACK_FINISHED, (event: voice.PlaybackFinishedEvent) =>
    events.finished.push(event),
  );
  return events;
}

async function push(seconds: number): Promise<void> {
  const samples = Math.round(seconds * 24_000);
  await speaker.captureFrame(new AudioFrame(new Int16Array(samples), 24_000, 1, samples));
}

describe("Loudspeaker", () => {
  it("can pause, so that LiveKit pauses before it decides on an interruption", () => {
    newSpeaker();
    expect(speaker.canPause).toBe(true);
  });

  it("reports the whole position at the end of a segment, and its wall time at the rate", async () => {
    const { started, finished } = newSpeaker();
    for (let index = 0; index < 10; index += 1) await push(0.1);
    expect(started).toHaveLength(1);
    speaker.flush();
    await speaker.waitForPlayout();
    expect(finished).toEqual([{ playbackPosition: expect.closeTo(1, 6), interrupted: false }]);
    const [segment] = speaker.segments;
    expect(segment?.heardSeconds).toBeCloseTo(1, 6);
    expect((segment?.endedAtMs ?? 0) - (segment?.startedAtMs ?? 0)).toBeCloseTo(1000 / RATE, 3);
    expect(speaker.isIdle).toBe(true);
  });

  it("reports how far it came when it is cleared", async () => {
    const { finished } = newSpeaker();
    await push(10);
    expect(await speaker.waitUntilHeard(0, 0.8)).toBe(true);
    speaker.clearBuffer();
    const [segment] = speaker.segments;
    expect(segment).toMatchObject({ interrupted: true, pushedSeconds: 10 });
    expect(segment?.heardSeconds).toBeGreaterThanOrEqual(0.8 - 1e-5);
    expect(segment?.heardSeconds).toBeLessThan(10);
    expect(finished).toEqual([{ playbackPosition: segment?.heardSeconds, interrupted: true }]);
    const audibleMs = (segment?.endedAtMs ?? 0) - (segment?.startedAtMs ?? 0);
    expect(audibleMs).toBeCloseTo(((segment?.heardSeconds ?? 0) * 1000) / RATE, 3);
  });

  it("stands still while it is paused and goes on where it was", async () => {
    const { finished } = newSpeaker();
    await push(1);
    speaker.flush();
    await speaker.waitUntilHeard(0, 0.3);
    speaker.pause();
    const waited = speaker.waitUntilHeard(0, 0.9);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // In 300 ms the rest would have been played twice.
    expect(finished).toEqual([]);
    speaker.resume();
    expect(await waited).toBe(true);
    await speaker.waitForPlayout();
    expect(finished[0]?.playbackPosition).toBeCloseTo(1, 6);
    const [segment] = speaker.segments;
    expect((segment?.endedAtMs ?? 0) - (segment?.startedAtMs ?? 0)).toBeGreaterThan(
      1000 / RATE + 250,
    );
  });

  it("lets nothing more be heard when it is resumed only to be cleared", async () => {
    newSpeaker();
    await push(10);
    await speaker.waitUntilHeard(0, 0.4);
    speaker.pause();
    const pausedAtMs = performance.timeOrigin + performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    speaker.resume();
    speaker.clearBuffer();
    expect(speaker.segments[0]?.endedAtMs).toBeLessThanOrEqual(pausedAtMs);
  });

  it("waits for audio that comes late without counting the gap as heard", async () => {
    const { finished } = newSpeaker();
    await push(0.2);
    await speaker.waitUntilHeard(0, 0.2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await push(0.2);
    speaker.flush();
    await speaker.waitForPlayout();
    expect(finished).toEqual([{ playbackPosition: expect.closeTo(0.4, 6), interrupted: false }]);
  });

  it("plays a second segment after the first, and starts each once", async () => {
    const { started, finished } = newSpeaker();
    await push(0.4);
    speaker.flush();
    await push(0.2);
    speaker.flush();
    await speaker.waitForPlayout();
    expect(started).toHaveLength(2);
    expect(finished.map((event) => event.playbackPosition)).toEqual([
      expect.closeTo(0.4, 6),
      expect.closeTo(0.2, 6),
    ]);
    const [first, second] = speaker.segments;
    expect(second?.startedAtMs).toBeGreaterThanOrEqual(first?.endedAtMs ?? Infinity);
  });

  it("tells who waits for more than there was that it never came", async () => {
    newSpeaker();
    const waited = speaker.waitUntilHeard(0, 5);
    const finished = once(speaker, EVENT_PLAYBACK_FINISHED);
    await push(0.1);
    speaker.flush();
    await finished;
    expect(await waited).toBe(false);
  });

  it("begins when it is due, though it was looked at a moment before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const looks: number[] = [];
    let nowMs = 1000;
    vi.spyOn(performance, "now").mockImplementation(() => (nowMs = looks.shift() ?? nowMs));
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    });
    const { started } = newSpeaker();
    speaker.startDelayMs = 100;
    await push(1);
    speaker.flush();
    // Node cuts a timer to whole milliseconds; here it is due between two looks at the clock.
    looks.push(1099.9, 1100.1);
    vi.advanceTimersByTime(100);
    expect(started).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(started).toHaveLength(1);
  });
});
