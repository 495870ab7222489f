import type { Clock } from "./clock.js";
import type { LanguageModelRequest } from "./live-synthesis.js";
import { parentSpanId } from "./span-context.js";

/** What was asked of LLMs of late, to find what is behind a synthesis. */
export interface ModelRequests {
  /** The oldest first. */
  readonly all: readonly LanguageModelRequest[];
  /** A request that goes out now, from the code that runs; it is not kept yet. */
  begin(more?: Partial<LanguageModelRequest>): LanguageModelRequest;
  add(request: LanguageModelRequest): void;
  /** What `say()` speaks from now on has no request behind it. */
  onSay(): void;
  /**
   * The request behind a synthesis, by the span id of the agent's turn. Without one (a TTS that
   * speaks sentence by sentence opens each one elsewhere) the latest that may be meant; and the
   * answer of a realtime model begins outside of the turn.
   */
  find(turnSpanId: string | undefined): LanguageModelRequest | undefined;
}

/** How many requests are kept. */
const KEPT_REQUESTS = 16;

export function createModelRequests(clock: Clock): ModelRequests {
  const all: LanguageModelRequest[] = [];
  let lastSayMs = 0;
  return {
    all,
    begin: (more) => ({ turnSpanId: parentSpanId(), startMs: clock.now(), ...more }),
    add(request) {
      all.push(request);
      if (all.length > KEPT_REQUESTS) all.shift();
    },
    onSay() {
      lastSayMs = clock.now();
    },
    find(turnSpanId) {
      const isRecent = (request: LanguageModelRequest) => request.startMs > lastSayMs;
      if (turnSpanId === undefined) return all.findLast(isRecent);
      return (
        all.findLast((each) => each.turnSpanId === turnSpanId) ??
        all.findLast((each) => each.isOfRealtime === true && isRecent(each))
      );
    },
  };
}
