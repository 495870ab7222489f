import type { voice } from "@livekit/agents";
import type { Context } from "@opentelemetry/api";
import type { CallerAudio } from "../audio/caller-audio.js";
import { type ReportedEnd, findSpeechEnd } from "../audio/speech-end.js";
import { activeSpanContext, activeSpanNamed } from "../livekit-facts/active-span.js";
import type { Clock } from "../livekit-facts/clock.js";
import type { Turn, Turns } from "./turns.js";

/** A stretch of the user's speech, found by voice activity detection or by the STT. */
export interface SpeechStretch {
  /** Epoch milliseconds: its first sound if the caller's audio could be followed, else its detection. */
  startedMs: number;
  /** LiveKit's `user_turn` span, if one was open. */
  parent: Context | undefined;
}

/** Whether the user speaks, since when, and when they stopped. Times in epoch milliseconds. */
export interface SpeechActivity {
  isSpeaking(): boolean;
  /** The stretch of speech that was found last; undefined once its turn is over. */
  stretch(): SpeechStretch | undefined;
  /** When LiveKit last said that the user had stopped speaking. */
  silentMs(): number | undefined;
  /** LiveKit's `user_state_changed`. */
  onUserState(event: voice.UserStateChangedEvent): void;
  /** The STT's `START_OF_SPEECH`. It counts only if voice activity detection has found no speech. */
  onSttSpeechStart(): void;
  /** Writes into a finished turn when its speech ended. */
  noteSpeechEnd(turn: Turn, reportedMs: number | undefined, committedMs: number): void;
  /** A turn is over. The user's next words began later, even if nobody tells when. */
  onTurnOver(turn: Turn): void;
}

export interface SpeechActivityParts {
  clock: Clock;
  turns: Turns;
  callerAudio: CallerAudio;
  /** Who decides that the user has stopped speaking. */
  whoEndsTurns(): ReportedEnd["by"];
}

export function createSpeechActivity({
  clock,
  turns,
  callerAudio,
  whoEndsTurns,
}: SpeechActivityParts): SpeechActivity {
  let isSpeaking = false;
  let stretch: SpeechStretch | undefined;
  let silentMs: number | undefined;
  let lastTurnSpanId: string | undefined;

  function begin(foundMs: number, parent: Context | undefined): void {
    stretch = { startedMs: callerAudio.findSpeechStart(foundMs) ?? foundMs, parent };
  }

  function onSilence(reportedMs: number): void {
    silentMs = reportedMs;
    const by = whoEndsTurns();
    if (by !== "realtime") return;
    // A realtime model answers by itself, perhaps before its transcript comes. So the end is noted now.
    const { startedMs } = stretch ?? {};
    const report = { by, atMs: reportedMs, committedMs: clock.now(), startedMs };
    const end = findSpeechEnd(callerAudio, report);
    if (end !== undefined) turns.noteSpeechEnd(end);
  }

  return {
    isSpeaking: () => isSpeaking,
    stretch: () => stretch,
    silentMs: () => silentMs,
    onUserState({ newState, oldState, createdAt }) {
      isSpeaking = newState === "speaking";
      if (!isSpeaking) {
        if (oldState === "speaking") onSilence(clock.fromWall(createdAt));
        return;
      }
      // The `user_turn` span starts with its first speech, corrected for the detector's delay.
      // `createdAt` is later: the moment when the detector decided.
      const turnSpan = activeSpanNamed("user_turn");
      const isFirst = turnSpan !== undefined && turnSpan.spanId !== lastTurnSpanId;
      lastTurnSpanId = turnSpan?.spanId ?? lastTurnSpanId;
      begin(clock.fromWall(isFirst ? turnSpan.startMs : createdAt), activeSpanContext());
    },
    onSttSpeechStart() {
      if (!isSpeaking) begin(clock.now(), undefined);
    },
    noteSpeechEnd(turn, reportedMs, committedMs) {
      const { startedMs } = stretch ?? {};
      const end = findSpeechEnd(callerAudio, {
        by: whoEndsTurns(),
        atMs: reportedMs,
        committedMs,
        startedMs,
      });
      // An end measured from audio replaces any other. A reported end replaces none.
      if (end !== undefined && (end.by === "audio" || turn.speechEnd === undefined))
        turn.speechEnd = end;
    },
    onTurnOver(turn) {
      // Speech that goes on now belongs to the next turn.
      if (!isSpeaking && turn === turns.latest()) stretch = undefined;
    },
  };
}
