import type { ObservedConversation } from "./conversation.js";
import { isSameText } from "./same-text.js";
import { activeSpanContext } from "./span-context.js";
import { type UnseenSound, writeShownText, writeUnseenSpeech } from "./unseen-speech.js";

/** LiveKit's chat, held against what was heard since its last item. */
export interface SpokenChat {
  /** A message of ours was played. */
  onSeen(message: { id: string; text: string }): void;
  /** Sound was played that is no message of ours; `source` where it is known. */
  onUnseen(sound: UnseenSound, source: string | undefined): void;
  /** An agent's own `ttsNode` gave no sound for a text. */
  onSilence(): void;
  onItem(item: { content: string; createdMs: number; interrupted: boolean }): void;
  /** What was said last is in no item. */
  forget(): void;
}

export interface SpokenChatOptions {
  fallbackSource(): string;
  hasAudioOutput(): boolean;
}

export function followSpokenChat(
  conversation: ObservedConversation,
  options: SpokenChatOptions,
): SpokenChat {
  let seen: { id: string; text: string }[] = [];
  let unseen: { sound: UnseenSound; source: string | undefined } | undefined;
  let isSilent = false;

  function forget(): void {
    seen = [];
    unseen = undefined;
    isSilent = false;
  }

  function writeItem(content: string, createdMs: number, interrupted: boolean): void {
    const [first] = seen;
    const spoken = seen.map(({ text }) => text).join(" ");
    const isAsSpoken = first !== undefined && isSameText(spoken, content, interrupted);
    if (unseen !== undefined && !isAsSpoken) {
      const { sound, source } = unseen;
      writeUnseenSpeech(conversation, content, sound, source ?? options.fallbackSource());
    } else if (first !== undefined) {
      const { spans, clock } = conversation;
      if (!isAsSpoken) spans.amend(first.id, { shown: content }, clock.now(), activeSpanContext());
    } else if (isSilent || !options.hasAudioOutput()) {
      writeShownText(conversation, content, createdMs);
    }
  }

  return {
    onSeen: (message) => void seen.push(message),
    onUnseen: (sound, source) => void (unseen = { sound, source }),
    onSilence: () => void (isSilent = true),
    onItem({ content, createdMs, interrupted }) {
      try {
        if (content.trim() !== "") writeItem(content, createdMs, interrupted);
      } finally {
        forget();
      }
    },
    forget,
  };
}
