import type { ObservedConversation } from "./conversation.js";
import { isSameText } from "./same-text.js";
import { activeSpanContext } from "./span-context.js";
import type { SpeechOwnerSet } from "./speech-owners.js";
import { type UnseenSound, writeShownText, writeUnseenSpeech } from "./unseen-speech.js";

/**
 * LiveKit's chat, held against what was heard since its last item. `owners` are the speeches that
 * what was heard can belong to: once they are over, no item will tell of it.
 */
export interface SpokenChat {
  /** A message of ours was played. */
  onSeen(message: { id: string; text: string }, owners: SpeechOwnerSet): void;
  /** Sound was played that is no message of ours; `source` where it is known. */
  onUnseen(sound: UnseenSound, source: string | undefined, owners: SpeechOwnerSet): void;
  /** An agent's own `ttsNode` gave no sound for a text. */
  onSilence(owners: SpeechOwnerSet): void;
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

export function followSpokenChat(
  conversation: ObservedConversation,
  options: SpokenChatOptions,
): SpokenChat {
  let seen: { id: string; text: string; owners: SpeechOwnerSet }[] = [];
  let unseen:
    | { sound: UnseenSound; source: string | undefined; owners: SpeechOwnerSet }
    | undefined;
  let silence: SpeechOwnerSet | undefined;

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
    onSeen: (message, owners) => void seen.push({ ...message, owners }),
    onUnseen: (sound, source, owners) => void (unseen = { sound, source, owners }),
    onSilence: (owners) => void (silence = owners),
    onItem({ content, createdMs, interrupted }) {
      try {
        if (content.trim() !== "") writeItem(content, createdMs, interrupted);
      } finally {
        forget();
      }
    },
    forget,
    forgetOver() {
      seen = seen.filter(({ owners }) => !owners.areOver());
      if (unseen?.owners.areOver() === true) unseen = undefined;
      if (silence?.areOver() === true) silence = undefined;
    },
  };
}
