import {
  type PlayoutEnd,
  type PlayoutSegment,
  countPlayed,
  findLastSound,
} from "../audio/playout-segment.js";
import type { AudioOutputListener } from "../instrumentation/audio-output.js";
import type { ChatItems } from "./chat-items.js";
import { toUnknownAudio } from "./chat-only-speech.js";
import type { OpenSyntheses } from "./open-syntheses.js";
import { type PlayoutContext, settlePlayout } from "./settle-playout.js";

/** Follows what the audio output plays, and to which syntheses it belongs. */
export interface PlaybackListener {
  audioOutput: AudioOutputListener;
  /** The session is over. Whatever is still being played ends now. */
  close(): void;
}

export interface PlaybackListenerOptions extends Omit<PlayoutContext, "isClosing"> {
  syntheses: OpenSyntheses;
  chat: ChatItems;
}

export function createPlaybackListener(options: PlaybackListenerOptions): PlaybackListener {
  const { conversation, syntheses, chat } = options;
  const { spans, clock, guard, turns, figures, playing, interruptions, plannedSpeeches } =
    conversation;
  const context: PlayoutContext = { ...options, isClosing: syntheses.isClosing };

  function endSegment(segment: PlayoutSegment, end: PlayoutEnd): void {
    playing.delete(segment);
    for (const part of segment.parts) {
      const synthesis = syntheses.find(part);
      if (synthesis?.id !== undefined) {
        syntheses.settle(synthesis);
        settlePlayout(context, { synthesis, part, segment, end });
        if (!synthesis.isUnspoken())
          chat.onSynthesized(
            { id: synthesis.id, text: synthesis.content(), isRealtime: synthesis.isRealtime },
            synthesis.planned,
          );
      } else if (end.playedS > part.offsetS) {
        const planned = plannedSpeeches.current();
        const unknown = toUnknownAudio(segment, end, planned.isSaid);
        chat.onUnknownAudio(unknown, synthesis?.source, planned);
      }
    }
  }

  return {
    audioOutput: {
      guard,
      clock,
      onCapture(part, segment) {
        playing.add(segment);
        const synthesis = syntheses.find(part);
        if (synthesis === undefined) return;
        synthesis.isCaptured = true;
        if (synthesis.turn !== undefined && synthesis.id !== undefined)
          turns.noteReply(synthesis.turn, synthesis.id);
      },
      onStart(segment) {
        interruptions.forget();
        const first = syntheses.find(segment.parts[0]);
        if (first?.id === undefined || segment.startedMs === undefined) return;
        first.playout ??= spans.startPlayout(first.id, segment.startedMs, first.playoutParent);
      },
      onEnd: endSegment,
      readPosition: (position, capturedS) =>
        figures.position("playback_finished.playbackPosition", position, capturedS),
      guessSynthesis: syntheses.guess,
    },
    close() {
      const nowMs = clock.now();
      for (const segment of playing) {
        // If one of them fails, the others must still end.
        guard.run("ended a playout", () =>
          endSegment(segment, {
            endedMs: findLastSound(segment, nowMs),
            playedS: countPlayed(segment, nowMs),
            interrupted: true,
            estimate: undefined,
          }),
        );
      }
    },
  };
}
