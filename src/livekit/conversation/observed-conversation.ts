import type { ConversationSpans } from "../../../otel/index.js";
import type { CallerAudio } from "../audio/caller-audio.js";
import type { Clock } from "../livekit-facts/clock.js";
import type { Guard } from "../instrumentation/guard.js";
import type { LivekitFigures } from "../livekit-facts/livekit-units.js";
import type { Turns } from "./turns.js";

/** What the parts of one observation share. */
export interface ObservedConversation {
  spans: ConversationSpans;
  clock: Clock;
  guard: Guard;
  turns: Turns;
  callerAudio: CallerAudio;
  figures: LivekitFigures;
  /** `m_1`, `m_2`, ... */
  nextMessageId(): string;
  /** LiveKit's id of the agent that has the word. */
  currentAgent(): string | undefined;
}
