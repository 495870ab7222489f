import { parentSpanId } from "../livekit-facts/active-span.js";
import type { Clock } from "../livekit-facts/clock.js";

/** What was asked of LLMs of late, to find what is behind a synthesis. */
export interface LlmRequests {
  /** The oldest first. */
  readonly all: readonly LlmRequest[];
  /** A request that goes out now, from the code that runs; it is not kept yet. */
  begin(more?: Partial<LlmRequest>): LlmRequest;
  add(request: LlmRequest): void;
  /** What `say()` speaks from now on has no request behind it. */
  onSay(): void;
  /**
   * The request behind a synthesis, by the span id of the agent's turn. Without one (a TTS that
   * speaks sentence by sentence opens each one elsewhere) the latest that may be meant; and the
   * answer of a realtime model begins outside of the turn.
   */
  find(turnSpanId: string | undefined): LlmRequest | undefined;
}

/** How many requests are kept. */
const KEPT_REQUESTS = 16;

export function createLlmRequests(clock: Clock): LlmRequests {
  const all: LlmRequest[] = [];
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
      const isRecent = (request: LlmRequest) => request.startMs > lastSayMs;
      if (turnSpanId === undefined) return all.findLast(isRecent);
      return (
        all.findLast((each) => each.turnSpanId === turnSpanId) ??
        all.findLast((each) => each.isRealtime === true && isRecent(each))
      );
    },
  };
}

export interface LlmRequest {
  /** The span id of the agent's turn that the request belongs to. */
  turnSpanId: string | undefined;
  startMs: number;
  firstTokenMs?: number;
  /** It is no request, but an answer of a realtime model. */
  isRealtime?: boolean;
  model?: string | undefined;
}
