import { type AudioWord, placeOldWords, readTimestamp } from "../../record/index.js";
import { isObject } from "../document/check-operation.js";
import type { ConversationState } from "../document/conversation-state.js";
import type { Operation } from "../document/operations.js";

/**
 * Word times in a journal that an older version of TalkTrace wrote: they are not on the session's
 * clock. What a message knows at the end decides where they belong, so they wait until then.
 */
export interface OldWords {
  /** The line without old word times. These are remembered. */
  takeOut<L extends Operation>(line: L): L;
  /** Gives the remembered words to their messages, as `parseConversation()` does for an old file. */
  putBack(state: ConversationState): void;
}

export function createOldWords(): OldWords {
  const known = new Map<string, AudioWord[]>();

  /** A damaged line may hold anything, so `holder` may be `null`. */
  function take<T extends { words?: unknown }>(id: string, holder: T): T {
    if (!isObject(holder)) return holder;
    const { words, ...rest } = holder;
    if (!isOld(words)) return holder;
    known.set(id, words);
    return rest as T;
  }

  return {
    takeOut(line) {
      if (line.op === "add") return { ...line, message: take(idOf(line.message), line.message) };
      if (line.op === "amend") return { ...line, amendment: take(line.id, line.amendment) };
      return line;
    },
    putBack({ session, messages }) {
      const startMs = readTimestamp(session.started_at);
      for (const [id, old] of known) {
        const message = messages.find(id);
        const words = message && placeOldWords(message, old, startMs);
        if (message !== undefined && words !== undefined)
          messages.replace(id, { ...message, words });
      }
    },
  };
}

function idOf(message: unknown): string {
  return isObject(message) && "id" in message ? String(message.id) : "";
}

function isOld(words: unknown): words is AudioWord[] {
  return (
    Array.isArray(words) &&
    words.length > 0 &&
    words.every(
      (word: Partial<AudioWord> | null) =>
        typeof word?.text === "string" &&
        typeof word.start_s === "number" &&
        typeof word.end_s === "number",
    )
  );
}
