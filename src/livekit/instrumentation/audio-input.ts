import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import { valueAt } from "../livekit-facts/private-property.js";
import type { Guard } from "./guard.js";
import { watchProperty } from "./watch-property.js";
import { wrapMethod } from "./wrap-method.js";

type Frames = voice.AudioInput["stream"];
const FOLLOWED = "followed the caller's sound";

type FrameReader = ReadableStreamDefaultReader<AudioFrame>;

/**
 * Tells of each frame that the caller's sound gives a session, as the session reads it: nothing is
 * held, copied or added to the way. Inputs may be exchanged, and an agent that gets the word reads
 * its input anew; LiveKit goes on with the one that it reads until then, so what was read from last
 * counts. Gives the way to stop.
 *
 * A session that was started before it is followed has a reader already. LiveKit has no public way
 * to that one; where it is not found where 1.8 keeps it, no frame is seen.
 */
export function followAudioInput(
  session: voice.AgentSession,
  guard: Guard,
  onFrame: (frame: AudioFrame) => void,
): () => void {
  const { input } = session;
  /** The input that a reader was opened on last: one that wraps another reads that one first. */
  let current: voice.AudioInput | undefined;
  let isStopped = false;
  /** A microphone may outlive many sessions, so nothing of this one may stay on it. */
  let unwraps: (() => void)[] = [];

  function stop(): void {
    isStopped = true;
    for (const unwrap of unwraps) unwrap();
    unwraps = [];
  }

  function followReader(reader: FrameReader, from: voice.AudioInput): void {
    current = from;
    unwraps.push(
      wrapMethod(reader, "read", guard, "heard the caller", () => ({
        onResult({ value }) {
          if (!isStopped && from === current && value !== undefined) onFrame(value);
        },
      })),
    );
  }

  const followed = new WeakSet<Frames>();
  function followStream(stream: Frames, from: voice.AudioInput): void {
    if (followed.has(stream)) return;
    followed.add(stream);
    unwraps.push(
      wrapMethod(stream as { getReader(): FrameReader }, "getReader", guard, FOLLOWED, () => ({
        onResult: (reader) => followReader(reader, from),
      })),
    );
  }

  function followInput(next: voice.AudioInput | null): void {
    if (next === null) return;
    guard.run(FOLLOWED, () => {
      followStream(next.stream, next);
      for (const reader of openReaders(session, next)) followReader(reader, next);
    });
  }

  followInput(input.audio);
  // Before LiveKit: it opens the reader while the input is being set.
  const unwatch = watchProperty(input, "audio", (next) =>
    followInput(next as voice.AudioInput | null),
  );
  return () => {
    stop();
    unwatch();
  };
}

/** The readers that the agent at work has opened on an input already. */
function openReaders(session: voice.AgentSession, input: voice.AudioInput): FrameReader[] {
  if (!input.stream.locked) return [];
  const inputs = valueAt(session, "_activity", "audioStream", "inputs");
  if (!(inputs instanceof Map)) return [];
  return [...(inputs as Map<unknown, unknown>).values()].filter(isReader);
}

function isReader(value: unknown): value is FrameReader {
  return typeof value === "object" && value !== null && "read" in value;
}
