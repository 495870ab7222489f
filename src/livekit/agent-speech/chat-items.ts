import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { isSameText } from "../text/compare-text.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import type { PlannedSpeechSet } from "../conversation/planned-speeches.js";
import { type UnknownAudio, writeShownText, writeUnseenSpeech } from "./chat-only-speech.js";

/**
 * LiveKit's chat, held against what was heard since its last item. `owners` are the speeches that
 * what was heard can belong to: once they are over, no item will tell of it.
 */
export interface ChatItems {
  /** A message of ours was played. */
  onSynthesized(message: { id: string; text: string }, owners: PlannedSpeechSet): void;
  /** Sound was played that is no message of ours; `source` where it is known. */
  onUnknownAudio(sound: UnknownAudio, source: string | undefined, owners: PlannedSpeechSet): void;
  /** An agent's own `ttsNode` gave no sound for a text. */
  onSilentNode(owners: PlannedSpeechSet): void;
  onItem(item: { content: string; createdMs: number; interrupted: boolean }): void;
  /** What was said last is in no item. */
  forget(): void;
  /** A speech is over. LiveKit has put it into the chat before, or does not: it was not heard. */
  forgetOver(): void;
}

export interface SpokenChatOptions {
  fallbackSource(): string;
  /** Whether what the agent says is spoken, as things stand, and not only shown. */
  isSpoken(): boolean;
}

export function followChatItems(
  conversation: ObservedConversation,
  options: SpokenChatOptions,
): ChatItems {
  let seen: { id: string; text: string; owners: PlannedSpeechSet }[] = [];
  let unseen:
    | { sound: UnknownAudio; source: string | undefined; owners: PlannedSpeechSet }
    | undefined;
  let silence: PlannedSpeechSet | undefined;

  function forget(): void {
    seen = [];
    unseen = undefined;
    silence = undefined;
  }

  function writeItem(content: string, createdMs: number, interrupted: boolean): void {
    const [first] = seen;
    const spoken = seen.map(({ text }) => text).join(" ");
    if (first !== undefined) {
      // Sound beside it that is no message of ours, such as a chime, had no words.
      if (isSameText(spoken, content, interrupted)) return;
      const { spans, clock } = conversation;
      spans.amend(first.id, { shown: content }, clock.now(), activeSpanContext());
    } else if (unseen !== undefined) {
      const { sound, source } = unseen;
      writeUnseenSpeech(conversation, content, sound, source ?? options.fallbackSource());
    } else if (silence !== undefined || !options.isSpoken()) {
      writeShownText(conversation, content, createdMs);
    }
  }

  return {
    onSynthesized: (message, owners) => void seen.push({ ...message, owners }),
    onUnknownAudio: (sound, source, owners) => void (unseen = { sound, source, owners }),
    onSilentNode: (owners) => void (silence = owners),
    onItem({ content, createdMs, interrupted }) {
      try {
        if (content.trim() !== "") writeItem(content, createdMs, interrupted);
      } finally {
        forget();
      }
    },
    forget,
    forgetOver() {
      seen = seen.filter(({ owners }) => !owners.haveEnded());
      if (unseen?.owners.haveEnded() === true) unseen = undefined;
      if (silence?.haveEnded() === true) silence = undefined;
    },
  };
}
