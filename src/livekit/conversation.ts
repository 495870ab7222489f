import type { ConversationSpans } from "../../otel/index.js";
import type { CallerSound } from "./caller-sound.js";
import type { Clock } from "./clock.js";
import type { Guard } from "./guard.js";
import type { LivekitFigures } from "./livekit-figures.js";
import type { Turns } from "./turns.js";

/** What the parts of one observation share. */
export interface ObservedConversation {
  spans: ConversationSpans;
  clock: Clock;
  guard: Guard;
  turns: Turns;
  callerSound: CallerSound;
  figures: LivekitFigures;
  /** `m_1`, `m_2`, ... */
  nextMessageId(): string;
  /** LiveKit's id of the agent that has the word. */
  currentAgent(): string | undefined;
}
