import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import type { Guard } from "./guard.js";
import { valueAt } from "../livekit-facts/private-property.js";

type Frames = voice.AudioInput["stream"];
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

  function tell(from: voice.AudioInput, frame: AudioFrame | undefined): void {
    if (isStopped || from !== current || frame === undefined) return;
    guard.run("heard the caller", () => onFrame(frame));
  }

  function followReader(reader: FrameReader, from: voice.AudioInput): void {
    current = from;
    const read = reader.read.bind(reader);
    reader.read = () => {
      const result = read();
      // Whoever reads gets the very same promise, and its failure.
      result.then(
        ({ value }) => tell(from, value),
        () => undefined,
      );
      return result;
    };
  }

  const followed = new WeakSet<Frames>();
  function followStream(stream: Frames, from: voice.AudioInput): void {
    if (followed.has(stream)) return;
    followed.add(stream);
    const getReader: Frames["getReader"] = stream.getReader.bind(stream);
    Reflect.set(stream, "getReader", (...args: []) => {
      const reader = getReader(...args);
      guard.run("followed the caller's sound", () => followReader(reader, from));
      return reader;
    });
  }

  function followInput(next: voice.AudioInput | null): void {
    if (next === null) return;
    guard.run("followed the caller's sound", () => {
      followStream(next.stream, next);
      for (const reader of openReaders(session, next)) followReader(reader, next);
    });
  }

  const inherited = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "audio");
  followInput(input.audio);
  if (inherited?.get === undefined || inherited.set === undefined) {
    return () => {
      isStopped = true;
    };
  }
  const { get, set } = inherited;
  Object.defineProperty(input, "audio", {
    configurable: true,
    enumerable: true,
    get: () => get.call(input) as voice.AudioInput | null,
    set(next: voice.AudioInput | null) {
      // Before LiveKit: it opens the reader while the input is being set.
      followInput(next);
      set.call(input, next);
    },
  });
  return () => {
    isStopped = true;
    Reflect.deleteProperty(input, "audio");
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
