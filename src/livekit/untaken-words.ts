import type { DiscardReason } from "../record/index.js";
import { bare } from "./same-text.js";

/** What the user said and LiveKit has made no turn of yet. */
export interface UntakenWords {
  add(words: { id: string; text: string; isProtected: boolean }): void;
  /** The agent's own code put other words in the place of these. */
  change(id: string, text: string): void;
  /**
   * LiveKit took a text as a turn: what came before it will be part of none. Gives the ids of its
   * messages.
   *
   * @param isSure the text is no other turn's; where its words are not found, all are taken to be it.
   */
  take(text: string, isSure: boolean): string[];
  /** All or one of them will be part of no turn. */
  discard(reason: DiscardReason, id?: string): void;
  /** The session ends: gives up what can be in no turn any more. */
  close(): void;
}

/** @param onDiscard told of each message that will be part of no turn. */
export function createUntakenWords(
  onDiscard: (id: string, reason: DiscardReason) => void,
): UntakenWords {
  let waiting: { id: string; text: string; isProtected: boolean }[] = [];

  function giveUp(passed: typeof waiting): void {
    for (const { id, isProtected } of passed)
      onDiscard(id, isProtected ? "not_interruptible" : "held_back");
  }

  return {
    add: (words) => void waiting.push(words),
    change(id, text) {
      waiting = waiting.map((words) => (words.id === id ? { ...words, text } : words));
    },
    take(text, isSure) {
      const found = findRun(
        waiting.map((words) => bare(words.text)),
        bare(text),
      );
      if (found === undefined && !isSure) return [];
      const { from, to } = found ?? { from: 0, to: waiting.length };
      giveUp(waiting.slice(0, from));
      const taken = waiting.slice(from, to);
      waiting = waiting.slice(to);
      return taken.map(({ id }) => id);
    },
    discard(reason, id) {
      const passed = waiting.filter((words) => id === undefined || words.id === id);
      waiting = waiting.filter((words) => !passed.includes(words));
      for (const words of passed) onDiscard(words.id, reason);
    },
    close() {
      giveUp(waiting.filter(({ isProtected }) => isProtected));
      waiting = [];
    },
  };
}

/** The last run of neighbours that make up the text, `to` not included. */
function findRun(texts: readonly string[], text: string): { from: number; to: number } | undefined {
  for (let from = texts.length - 1; from >= 0; from -= 1) {
    let joined = "";
    for (let to = from; to < texts.length; to += 1) {
      joined += texts[to];
      if (joined === text) return { from, to: to + 1 };
    }
  }
  return undefined;
}
