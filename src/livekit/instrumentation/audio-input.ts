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
 * Calls `onFrame` with each frame of the caller's audio when the session reads it. Nothing is held,
 * copied or delayed.
 *
 * - Inputs may be exchanged, and the next active agent opens a new reader. LiveKit goes on with the old
 *   reader until then. So only frames of the input opened last count.
 * - A session that was started before has a reader already, which LiveKit does not make public. If it
 *   is not where LiveKit 1.8 keeps it, we see no frame.
 *
 * Returns a function that stops this.
 */
export function followAudioInput(
  session: voice.AgentSession,
  guard: Guard,
  onFrame: (frame: AudioFrame) => void,
): () => void {
  const { input } = session;
  /**
   * The input on which a reader was opened last. An input that wraps another opens the inner reader
   * first.
   */
  let current: voice.AudioInput | undefined;
  let isStopped = false;
  /** A microphone may outlive many sessions, so nothing of this session may stay on it. */
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
  // We must see the new input before LiveKit does, because LiveKit opens its reader in the setter.
  const unwatch = watchProperty(input, "audio", (next) =>
    followInput(next as voice.AudioInput | null),
  );
  return () => {
    stop();
    unwatch();
  };
}

/** Readers that the active agent has already opened on an input. */
function openReaders(session: voice.AgentSession, input: voice.AudioInput): FrameReader[] {
  if (!input.stream.locked) return [];
  const inputs = valueAt(session, "_activity", "audioStream", "inputs");
  if (!(inputs instanceof Map)) return [];
  return [...(inputs as Map<unknown, unknown>).values()].filter(isReader);
}

function isReader(value: unknown): value is FrameReader {
  return typeof value === "object" && value !== null && "read" in value;
}
