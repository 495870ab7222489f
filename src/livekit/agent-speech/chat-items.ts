import { withoutMarkup } from "../../record/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { PlannedSpeechSet } from "../conversation/planned-speeches.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import { isSameText } from "../text/compare-text.js";
import { type UnknownAudio, writeShownText, writeUnseenSpeech } from "./chat-only-speech.js";

/** A message of the agent that was played. */
export interface SynthesizedMessage {
  id: string;
  text: string;
  /** A realtime model spoke it. LiveKit adds one chat item for each such message. */
  isRealtime: boolean;
}

/**
 * Compares LiveKit's chat with what was played since its last item. `planned` are the speeches that the
 * audio can belong to. Once they have ended, LiveKit adds no more item for the audio.
 */
export interface ChatItems {
  /** A message of ours was played. */
  onSynthesized(message: SynthesizedMessage, planned: PlannedSpeechSet): void;
  /** Audio of no known synthesis was played; `source` is given if it is known. */
  onUnknownAudio(audio: UnknownAudio, source: string | undefined, planned: PlannedSpeechSet): void;
  /** The agent's own `ttsNode` gave no audio for a text. */
  onSilentNode(planned: PlannedSpeechSet): void;
  onItem(item: { content: string; createdMs: number; interrupted: boolean }): void;
  /** LiveKit adds no chat item for what was said last. */
  forget(): void;
  /** A speech has ended. LiveKit has added its item before, or adds none because it was not heard. */
  forgetEnded(): void;
}

export interface ChatItemsOptions {
  fallbackSource(): string;
  /** Whether the agent's answers are spoken now, and not only shown as text. */
  isSpoken(): boolean;
}

export function followChatItems(
  conversation: ObservedConversation,
  options: ChatItemsOptions,
): ChatItems {
  let synthesized: (SynthesizedMessage & { planned: PlannedSpeechSet })[] = [];
  let unknown:
    | { audio: UnknownAudio; source: string | undefined; planned: PlannedSpeechSet }
    | undefined;
  /** The speeches for which the agent's own `ttsNode` gave no audio. */
  let silent: PlannedSpeechSet | undefined;

  function forget(count = synthesized.length): void {
    synthesized = synthesized.slice(count);
    unknown = undefined;
    silent = undefined;
  }

  /**
   * How many of the played messages a chat item holds. LiveKit adds one item for all syntheses of a
   * reply. For a realtime model it adds one item a message, once all messages were played.
   */
  function countOfItem(content: string): number {
    if (synthesized[0]?.isRealtime === true) return 1;
    const shown = withoutMarkup(content);
    const exact = synthesized.findIndex((_, index) =>
      isSameText(joinTexts(synthesized.slice(0, index + 1)), shown, false),
    );
    return exact < 0 ? synthesized.length : exact + 1;
  }

  function writeItem(
    content: string,
    createdMs: number,
    interrupted: boolean,
    count: number,
  ): void {
    const [first] = synthesized;
    const shown = withoutMarkup(content).trim();
    if (first !== undefined) {
      // If unknown audio, such as a chime, was played too, it has no words.
      const spoken = joinTexts(synthesized.slice(0, count));
      if (isSameText(spoken, shown, interrupted)) return;
      const { spans, clock } = conversation;
      spans.amend(first.id, { shown }, clock.now(), activeSpanContext());
    } else if (unknown !== undefined) {
      const { audio, source } = unknown;
      writeUnseenSpeech(conversation, content, audio, source ?? options.fallbackSource());
    } else if (silent !== undefined || !options.isSpoken()) {
      writeShownText(conversation, content, createdMs);
    }
  }

  return {
    onSynthesized: (message, planned) => void synthesized.push({ ...message, planned }),
    onUnknownAudio: (audio, source, planned) => void (unknown = { audio, source, planned }),
    onSilentNode: (planned) => void (silent = planned),
    onItem({ content, createdMs, interrupted }) {
      const count = countOfItem(content);
      try {
        if (content.trim() !== "") writeItem(content, createdMs, interrupted, count);
      } finally {
        forget(count);
      }
    },
    forget: () => forget(),
    forgetEnded() {
      synthesized = synthesized.filter(({ planned }) => !planned.haveEnded());
      if (unknown?.planned.haveEnded() === true) unknown = undefined;
      if (silent?.haveEnded() === true) silent = undefined;
    },
  };
}

function joinTexts(messages: readonly SynthesizedMessage[]): string {
  return messages.map(({ text }) => text).join(" ");
}
