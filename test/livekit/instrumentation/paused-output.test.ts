import { initializeLogger, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { expect, it } from "vitest";
import type { PlayoutSegment } from "../../../src/livekit/audio/playout-segment.js";
import { audioOutputHooks } from "../../../src/livekit/instrumentation/audio-output.js";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";

initializeLogger({ pretty: false, level: "silent" });

const SECOND = new AudioFrame(new Int16Array(24_000), 24_000, 1, 24_000);

/** An output that takes no frame until it is opened: what it refuses is in none of its counts. */
class RefusingOutput extends voice.AudioOutput {
  isOpen = false;

  override async captureFrame(frame: AudioFrame): Promise<void> {
    if (this.isOpen) await super.captureFrame(frame);
  }

  override clearBuffer(): void {}
}

it("a pause is that of the segment which is played, though one before it was refused", async () => {
  const output = new RefusingOutput();
  let nowMs = 0;
  const ended: PlayoutSegment[] = [];
  audioOutputHooks.attach(
    output,
    {},
    {
      guard: createGuard((line) => {
        throw new Error(line);
      }),
      clock: { now: () => nowMs, fromWall: () => nowMs },
      onCapture: () => undefined,
      onStart: () => undefined,
      onEnd: (segment) => void ended.push(segment),
      readPosition: (position) => position,
      guessSynthesis: () => undefined,
    },
  );

  await output.captureFrame(SECOND);
  output.flush();
  output.isOpen = true;
  await output.captureFrame(SECOND);
  output.flush();
  output.onPlaybackStarted(Date.now());
  nowMs = 400;
  output.pause();
  nowMs = 1000;
  output.resume();
  nowMs = 1600;
  output.onPlaybackFinished({ playbackPosition: 1, interrupted: false });

  expect(ended.map(({ silences }) => silences)).toEqual([[], [{ sinceMs: 400, untilMs: 1000 }]]);
});
