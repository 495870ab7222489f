import type { voice } from "@livekit/agents";
import type { ReportedEnd } from "../audio/speech-end.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { createRealtimeTurns } from "../conversation/realtime-turns.js";
import type { SttNodeListener } from "../instrumentation/agent-nodes.js";
import { createInterimTranscripts } from "./interim-transcripts.js";
import { createPendingTranscripts } from "./pending-transcripts.js";
import { listenToSttNode } from "./stt-node-listener.js";
import { type TranscriptIntake, createTranscriptIntake } from "./transcript-intake.js";
import { type TurnCompletion, createTurnCompletion } from "./turn-completion.js";
import { createWordTiming } from "./word-timing.js";
import { createTranscriptWriter } from "./write-transcript.js";

export interface UserSpeech
  extends Pick<TranscriptIntake, "onSpeechEvent" | "onUserTranscribed">, TurnCompletion {
  /** LiveKit's `user_state_changed`. */
  onUserState(event: voice.UserStateChangedEvent): void;
  /** The agent's own `sttNode` was called. */
  onSttNode(): SttNodeListener;
  /** The server of a realtime model hears the user begin or stop speaking. */
  onServerSpeech(isSpeaking: boolean, itemId: string | undefined): void;
  /**
   * The server has a transcript, which `user_input_transcribed` will tell later. Notes to which speech
   * it belongs. `startedMs` is epoch milliseconds; undefined if the provider does not tell it.
   */
  onServerTranscript(itemId: string, startedMs: number | undefined): void;
  /**
   * The session ends. Pending words that were said over protected speech are discarded. Other pending
   * words stay as they are.
   */
  close(): void;
}

export interface UserSpeechOptions {
  /** Who decides that the user has stopped speaking. */
  whoEndsTurns(): ReportedEnd["by"];
  /** Whether LiveKit ignores the STT, because a realtime model hears the user. */
  isHeardByModel(): boolean;
}

/** Follows what the user says. */
export function followUserSpeech(
  conversation: ObservedConversation,
  { whoEndsTurns, isHeardByModel }: UserSpeechOptions,
): UserSpeech {
  const { spans, clock, turns, callerAudio, speechActivity } = conversation;
  const interims = createInterimTranscripts();
  const pending = createPendingTranscripts((id, discarded) =>
    spans.amend(id, { discarded }, clock.now()),
  );
  const realtimeTurns = createRealtimeTurns(turns, callerAudio);
  const wordTiming = createWordTiming(callerAudio, speechActivity);
  const writerParts = { pending, realtimeTurns, wordTiming, whoEndsTurns };
  const write = createTranscriptWriter(conversation, writerParts);
  const intakeParts = { interims, pending, realtimeTurns, write, isHeardByModel };
  const intake = createTranscriptIntake(conversation, intakeParts);
  return {
    ...createTurnCompletion(conversation, { intake, interims, pending, realtimeTurns }),
    onSpeechEvent: intake.onSpeechEvent,
    onUserTranscribed: intake.onUserTranscribed,
    onUserState(event) {
      if (event.newState === "speaking") interims.onSpeechStart();
      speechActivity.onUserState(event);
    },
    onSttNode: () => listenToSttNode(conversation, intake, pending),
    onServerSpeech: (isSpeaking, itemId) => realtimeTurns.onSpeech(isSpeaking, clock.now(), itemId),
    onServerTranscript: (itemId, startedMs) =>
      void realtimeTurns.find({ itemId, arrivedMs: clock.now(), startedMs }),
    close() {
      intake.close();
      pending.close();
    },
  };
}
