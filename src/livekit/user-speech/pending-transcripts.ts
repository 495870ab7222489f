import type { DiscardReason } from "../../record/index.js";
import { withoutSpaces } from "../text/compare-text.js";

/** User messages that LiveKit has made no turn of yet. */
export interface PendingTranscripts {
  add(words: { id: string; text: string; isProtected: boolean }): void;
  /** The agent's own `sttNode` joined these neighbouring messages into one text. */
  replace(ids: readonly string[], text: string): void;
  /** Whether a text consists of pending messages and of nothing else. */
  match(text: string): boolean;
  /** Whether a message is in no turn yet. */
  has(id: string): boolean;
  /**
   * LiveKit has made a turn of a text. Returns the ids of its messages. Messages before these will be
   * in no turn.
   *
   * @param isSure the text belongs to this turn for certain. Then, if it is not found, the turn takes
   * all pending messages.
   */
  takeForTurn(text: string, isSure: boolean): string[];
  /** All messages, or the one with `id`, will be in no turn. */
  discard(reason: DiscardReason, id?: string): void;
  /** The session ends. Words spoken over a speech that allowed no interruption will be in no turn. */
  close(): void;
}

/** In a call of hours an agent may never take a turn, so only this many messages are kept. */
export const MOST_PENDING = 256;

interface PendingText {
  /** Several if the agent's own `sttNode` joined them into one text. */
  ids: readonly string[];
  /** Without white space, because LiveKit joins messages with white space of its own. */
  text: string;
  isProtected: boolean;
}

/** @param onDiscard called for each message that will be in no turn */
export function createPendingTranscripts(
  onDiscard: (id: string, reason: DiscardReason) => void,
): PendingTranscripts {
  let pending: PendingText[] = [];

  function giveUp(passed: readonly PendingText[]): void {
    for (const { ids, isProtected } of passed)
      for (const id of ids) onDiscard(id, isProtected ? "not_interruptible" : "held_back");
  }

  return {
    add({ id, text, isProtected }) {
      pending.push({ ids: [id], text: withoutSpaces(text), isProtected });
      if (pending.length > MOST_PENDING) giveUp(pending.splice(0, 1).filter(wasProtected));
    },
    replace(ids, text) {
      const [first, ...others] = pending.filter((each) => each.ids.some((id) => ids.includes(id)));
      if (first === undefined) return;
      first.ids = [first, ...others].flatMap((each) => each.ids);
      first.text = withoutSpaces(text);
      pending = pending.filter((each) => !others.includes(each));
    },
    match: (text) => findRun(pending, withoutSpaces(text)) !== undefined,
    has: (id) => pending.some(({ ids }) => ids.includes(id)),
    takeForTurn(text, isSure) {
      const found = findRun(pending, withoutSpaces(text));
      if (found === undefined && !isSure) return [];
      const { from, to } = found ?? { from: 0, to: pending.length };
      giveUp(pending.slice(0, from));
      const taken = pending.slice(from, to);
      pending = pending.slice(to);
      return taken.flatMap(({ ids }) => ids);
    },
    discard(reason, id) {
      const passed = pending.flatMap(({ ids }) => ids).filter((each) => (id ?? each) === each);
      for (const words of pending) words.ids = words.ids.filter((each) => !passed.includes(each));
      pending = pending.filter(({ ids }) => ids.length > 0);
      for (const each of passed) onDiscard(each, reason);
    },
    close() {
      giveUp(pending.filter(wasProtected));
      pending = [];
    },
  };
}

/** Words over a speech that does not allow interruptions go into no turn. */
function wasProtected({ isProtected }: PendingText): boolean {
  return isProtected;
}

/** The latest run of neighbours that make up the text: from `from` up to, not including, `to`. */
function findRun(
  pending: readonly PendingText[],
  text: string,
): { from: number; to: number } | undefined {
  for (let from = pending.length - 1; from >= 0; from -= 1) {
    let found = 0;
    for (let to = from; to < pending.length; to += 1) {
      const next = pending[to]?.text ?? "";
      // If this message does not continue the text, later ones cannot complete it either.
      if (!text.startsWith(next, found)) break;
      found += next.length;
      if (found === text.length) return { from, to: to + 1 };
    }
  }
  return undefined;
}
