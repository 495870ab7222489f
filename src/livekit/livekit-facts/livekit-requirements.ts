import {
  llm,
  stt,
  telemetry as livekitTelemetry,
  tts,
  version as livekitVersion,
  voice,
} from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { runningContextOf } from "./active-span.js";
import { isOfOwnCopy } from "./livekit-copies.js";

/** The objects of LiveKit that `observe()` relies on, by the names used in reports. */
export interface LivekitParts {
  [part: string]: object | undefined;
}

/** How a member is used: called, read and set, or only read. */
type Use = "method" | "accessor" | "field";

interface Need {
  part: string;
  key: string;
  use: Use;
  /** What is not observed without the member, as words that follow `Not observed: `. */
  lost: string;
}

const ANYTHING = "anything of this session";
const CALLER = "the sound of the caller, and so when exactly it ended";
const HEARD_WORDS = "what the user says, but for the words that LiveKit tells of";
const SPOKEN = "what goes to synthesis, but for the words of the chat";
const PLAYED = "what was heard of the agent's speech";
const LATE = "what is said in a session that was started before it is observed";
const REALTIME = "turns and interruptions of a realtime model";

function needs(part: string, use: Use, lost: string, keys: readonly string[]): Need[] {
  return keys.map((key) => ({ part, key, use, lost }));
}

/**
 * Every member of LiveKit that we use and that a new version may change: wrapped methods, private
 * members, and the names of spans and events.
 */
export const LIVEKIT_NEEDS: readonly Need[] = [
  ...needs("AgentSession", "method", ANYTHING, ["start", "close", "on", "off"]),
  ...needs("AgentSession", "method", "speech by calls of the session", ["say", "generateReply"]),
  ...needs("AgentSession", "method", "handoffs, exactly", ["updateAgent"]),
  ...needs("AgentSession", "method", "words that are thrown away", ["clearUserTurn"]),
  ...needs("AgentSession", "method", "the beginning of a session's end", ["shutdown"]),
  ...needs("AgentSession", "field", "the trace that a session belongs to", ["rootSpanContext"]),
  ...needs("AgentSession", "field", "to whom in the room the agent listens", ["_roomIO"]),
  ...needs("AgentSession", "field", "which of several sessions asks a model", ["connOptions"]),
  ...needs("AgentSession", "field", LATE, ["_activity"]),
  ...needs("AgentActivity", "field", LATE, ["audioRecognition", "realtimeSession", "audioStream"]),
  ...needs("AgentActivity", "field", "which agent speaks at a handoff", ["agent"]),
  ...needs("AgentActivity", "field", "what is shown and not spoken", ["tts"]),
  ...needs("AudioRecognition", "method", LATE, ["onSTTEvent"]),
  ...needs("AgentInput", "accessor", CALLER, ["audio"]),
  ...needs("AudioInput", "accessor", CALLER, ["stream"]),
  ...needs("AgentOutput", "accessor", PLAYED, ["audio"]),
  // `clearBuffer` is wrapped too. It is abstract in LiveKit, so a subclass always has it.
  ...needs("AudioOutput", "method", PLAYED, ["captureFrame", "flush", "pause", "resume"]),
  ...needs("AudioOutputEvents", "field", PLAYED, [
    "EVENT_PLAYBACK_STARTED",
    "EVENT_PLAYBACK_FINISHED",
  ]),
  ...needs("AudioFrame", "field", PLAYED, ["userdata"]),
  ...needs("STT", "method", HEARD_WORDS, ["recognize", "on"]),
  ...needs("SpeechStream", "method", HEARD_WORDS, ["next"]),
  ...needs("TTS", "method", SPOKEN, ["on", "emit"]),
  ...needs("SynthesizeStream", "method", SPOKEN, ["pushText", "next", "close"]),
  ...needs("SynthesizeStreamMarks", "field", SPOKEN, ["END_OF_STREAM"]),
  ...needs("ChunkedStream", "method", SPOKEN, ["next", "close"]),
  ...needs("LLMStream", "method", "when an LLM begins to answer", ["next"]),
  ...needs("RealtimeSession", "method", REALTIME, ["prependListener"]),
  ...needs("Agent", "method", "what an agent's own methods change", [
    "sttNode",
    "llmNode",
    "ttsNode",
    "onUserTurnCompleted",
    "updateOptions",
  ]),
  ...needs("Telemetry", "method", "the spans of LiveKit itself", [
    "setTracerProvider",
    "FanoutSpanProcessor",
  ]),
];

/** The objects as they are in this process: those of the installed package, and those of one session. */
export function findLivekitParts(session: voice.AgentSession): LivekitParts {
  const isRunning = runningContextOf(session) !== undefined;
  const activity = isRunning ? objectAt(session, "_activity") : undefined;
  const ofSession: LivekitParts = {
    AgentSession: session,
    AgentInput: session.input,
    AgentOutput: session.output,
    AgentActivity: activity,
    AudioRecognition: activity === undefined ? undefined : objectAt(activity, "audioRecognition"),
  };
  // The classes of another copy are not known.
  if (!isOfOwnCopy(session)) return ofSession;
  return {
    ...ofSession,
    AudioInput: voice.AudioInput.prototype,
    AudioOutput: voice.AudioOutput.prototype,
    AudioOutputEvents: voice.AudioOutput,
    AudioFrame: new AudioFrame(new Int16Array(1), 16_000, 1, 1),
    STT: stt.STT.prototype,
    SpeechStream: stt.SpeechStream.prototype,
    TTS: tts.TTS.prototype,
    SynthesizeStream: tts.SynthesizeStream.prototype,
    SynthesizeStreamMarks: tts.SynthesizeStream,
    ChunkedStream: tts.ChunkedStream.prototype,
    LLMStream: llm.LLMStream.prototype,
    RealtimeSession: llm.RealtimeSession.prototype,
    Agent: voice.Agent.prototype,
    Telemetry: livekitTelemetry,
  };
}

/**
 * Describes what is not observed because LiveKit has changed: one line for each loss, with the missing
 * members. An object that this session does not have (yet) counts as present.
 */
export function describeLost(parts: LivekitParts, version: string = livekitVersion): string[] {
  const gone = new Map<string, string[]>();
  for (const { part, key, use, lost } of LIVEKIT_NEEDS) {
    const owner = parts[part];
    if (owner === undefined || isThere(owner, key, use)) continue;
    gone.set(lost, [...(gone.get(lost) ?? []), `${part}.${key}`]);
  }
  return [...gone].map(
    ([lost, names]) =>
      `Not observed: ${lost}; @livekit/agents ${version} has no ${names.join(", ")} of the kind ` +
      "that is known; use a version that talktrace's peerDependencies allow",
  );
}

function isThere(owner: object, key: string, use: Use): boolean {
  if (!(key in owner)) return false;
  if (use === "method") return typeof Reflect.get(owner, key) === "function";
  if (use === "accessor") return findAccessor(owner, key)?.get !== undefined;
  return true;
}

function findAccessor(owner: object, key: string): PropertyDescriptor | undefined {
  for (let each: object | null = owner; each !== null; each = Object.getPrototypeOf(each)) {
    const descriptor = Object.getOwnPropertyDescriptor(each, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

function objectAt(owner: object, key: string): object | undefined {
  const value: unknown = Reflect.get(owner, key);
  return typeof value === "object" && value !== null ? value : undefined;
}
