import type { ConversationSpans } from "../../../otel/index.js";
import { type CallerAudio, createCallerAudio } from "../audio/caller-audio.js";
import type { PlayoutSegment } from "../audio/playout-segment.js";
import type { ReportedEnd } from "../audio/speech-end.js";
import type { Guard } from "../instrumentation/guard.js";
import type { Clock } from "../livekit-facts/clock.js";
import { type LivekitFigures, readLivekitFigures } from "../livekit-facts/livekit-units.js";
import { type Interruptions, createInterruptions } from "./interruptions.js";
import { type PlannedSpeeches, createPlannedSpeeches } from "./planned-speeches.js";
import { type SpeechActivity, createSpeechActivity } from "./speech-activity.js";
import { type Turns, createTurns } from "./turns.js";

/**
 * What the user's side and the agent's side of one session share. It is made before both sides, and
 * they know nothing else of each other.
 */
export interface ObservedConversation {
  spans: ConversationSpans;
  clock: Clock;
  /** A moment of that clock in seconds from the session's `started_at`. */
  toSessionS(epochMs: number): number;
  guard: Guard;
  turns: Turns;
  callerAudio: CallerAudio;
  figures: LivekitFigures;
  /** Which words of the user interrupted which words of the agent. */
  interruptions: Interruptions;
  /** Which planned speech answers which turn. */
  plannedSpeeches: PlannedSpeeches;
  /** Whether the user speaks, and since when. */
  speechActivity: SpeechActivity;
  /** Segments that the audio output has received and not finished. The agent's side keeps this set. */
  playing: Set<PlayoutSegment>;
  /** `m_1`, `m_2`, ... */
  nextMessageId(): string;
  /** LiveKit's id of the agent that is active now. */
  currentAgent(): string | undefined;
}

export interface ConversationParts {
  spans: ConversationSpans;
  clock: Clock;
  /** The session's `started_at`, in epoch milliseconds. */
  startedMs: number;
  guard: Guard;
  currentAgent(): string | undefined;
  /** Who decides that the user has stopped speaking. */
  whoEndsTurns(): ReportedEnd["by"];
}

export function createObservedConversation(parts: ConversationParts): ObservedConversation {
  const { spans, clock, startedMs, guard, currentAgent, whoEndsTurns } = parts;
  const turns = createTurns(clock.now);
  const callerAudio = createCallerAudio(clock.now);
  const speechActivity = createSpeechActivity({ clock, turns, callerAudio, whoEndsTurns });
  let messageCount = 0;
  return {
    spans,
    clock,
    toSessionS: (epochMs) => (epochMs - startedMs) / 1000,
    guard,
    turns,
    callerAudio,
    figures: readLivekitFigures((data) => {
      const atMs = clock.now();
      spans.event({ type: "implausible_figure", atMs, turnId: turns.latest()?.id, data });
    }),
    interruptions: createInterruptions(speechActivity.isSpeaking),
    plannedSpeeches: createPlannedSpeeches({ clock, guard, turns }),
    speechActivity,
    playing: new Set(),
    nextMessageId: () => `m_${(messageCount += 1)}`,
    currentAgent,
  };
}

/** Whether audio is being played that the user may not interrupt. */
export function isAgentProtected({ playing, plannedSpeeches }: ObservedConversation): boolean {
  return playing.size > 0 && plannedSpeeches.includesProtected();
}
