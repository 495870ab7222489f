import type { DiscardReason } from "../../record/index.js";
import { withoutSpaces } from "../text/compare-text.js";

/** What the user said and LiveKit has made no turn of yet. */
export interface PendingTranscripts {
  add(words: { id: string; text: string; isProtected: boolean }): void;
  /** The agent's own code put other words in the place of these, which are neighbours. */
  replace(ids: readonly string[], text: string): void;
  /** Whether these are the words of a text, all of it. */
  match(text: string): boolean;
  /** Whether a message is part of no turn yet. */
  has(id: string): boolean;
  /**
   * LiveKit took a text as a turn: what came before it will be part of none. Gives the ids of its
   * messages.
   *
   * @param isSure the text is no other turn's; where its words are not found, all are taken to be it.
   */
  takeForTurn(text: string, isSure: boolean): string[];
  /** All or one of them will be part of no turn. */
  discard(reason: DiscardReason, id?: string): void;
  /** The session ends: gives up what can be in no turn any more. */
  close(): void;
}

/**
 * An agent may never take a word, in a call of hours. Of what was said before this many messages the
 * turn is no longer looked for.
 */
export const MOST_UNTAKEN = 256;

interface Waiting {
  /** Several where the agent's own code made one text of theirs. */
  ids: readonly string[];
  /** Without white space, which LiveKit puts between messages as it likes. */
  text: string;
  isProtected: boolean;
}

/** @param onDiscard told of each message that will be part of no turn. */
export function createPendingTranscripts(
  onDiscard: (id: string, reason: DiscardReason) => void,
): PendingTranscripts {
  let waiting: Waiting[] = [];

  function giveUp(passed: readonly Waiting[]): void {
    for (const { ids, isProtected } of passed)
      for (const id of ids) onDiscard(id, isProtected ? "not_interruptible" : "held_back");
  }

  return {
    add({ id, text, isProtected }) {
      waiting.push({ ids: [id], text: withoutSpaces(text), isProtected });
      if (waiting.length > MOST_UNTAKEN) giveUp(waiting.splice(0, 1).filter(wasProtected));
    },
    replace(ids, text) {
      const [first, ...others] = waiting.filter((each) => each.ids.some((id) => ids.includes(id)));
      if (first === undefined) return;
      first.ids = [first, ...others].flatMap((each) => each.ids);
      first.text = withoutSpaces(text);
      waiting = waiting.filter((each) => !others.includes(each));
    },
    match: (text) => findRun(waiting, withoutSpaces(text)) !== undefined,
    has: (id) => waiting.some(({ ids }) => ids.includes(id)),
    takeForTurn(text, isSure) {
      const found = findRun(waiting, withoutSpaces(text));
      if (found === undefined && !isSure) return [];
      const { from, to } = found ?? { from: 0, to: waiting.length };
      giveUp(waiting.slice(0, from));
      const taken = waiting.slice(from, to);
      waiting = waiting.slice(to);
      return taken.flatMap(({ ids }) => ids);
    },
    discard(reason, id) {
      const passed = waiting.flatMap(({ ids }) => ids).filter((each) => (id ?? each) === each);
      for (const words of waiting) words.ids = words.ids.filter((each) => !passed.includes(each));
      waiting = waiting.filter(({ ids }) => ids.length > 0);
      for (const each of passed) onDiscard(each, reason);
    },
    close() {
      giveUp(waiting.filter(wasProtected));
      waiting = [];
    },
  };
}

/** What was said over speech that lets nobody interrupt is in no turn, even if none was taken after it. */
function wasProtected({ isProtected }: Waiting): boolean {
  return isProtected;
}

/** The last run of neighbours that make up the text, `to` not included. */
function findRun(
  waiting: readonly Waiting[],
  text: string,
): { from: number; to: number } | undefined {
  for (let from = waiting.length - 1; from >= 0; from -= 1) {
    let found = 0;
    for (let to = from; to < waiting.length; to += 1) {
      const next = waiting[to]?.text ?? "";
      // What does not continue the text cannot end it either.
      if (!text.startsWith(next, found)) break;
      found += next.length;
      if (found === text.length) return { from, to: to + 1 };
    }
  }
  return undefined;
}
