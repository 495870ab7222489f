import { parentSpanId } from "../livekit-facts/active-span.js";
import type { Clock } from "../livekit-facts/clock.js";

/** One request to an LLM, or one answer of a realtime model. Times in epoch milliseconds. */
export interface LlmRequest {
  /** The span id of the agent's turn that the request belongs to. */
  turnSpanId: string | undefined;
  startMs: number;
  firstTokenMs?: number;
  /** It is an answer of a realtime model, and no request to an LLM. */
  isRealtime?: boolean;
  model?: string | undefined;
}

/** The latest requests to LLMs. One of them is behind a synthesis. */
export interface LlmRequests {
  /** Oldest first. */
  readonly all: readonly LlmRequest[];
  /** An LLM is asked. The result is called at the first token of its answer. */
  onRequest(model: string | undefined): () => void;
  /** The agent's own `llmNode` was called. The result is called at its first token. */
  onLlmNode(): () => void;
  /** A realtime model begins to answer. */
  onRealtimeAnswer(): RealtimeRequest;
  /** `say()` was called. What it speaks has no request behind it. */
  onSay(): void;
  /**
   * The request behind a synthesis, by the span id of the agent's turn.
   *
   * - A TTS that speaks sentence by sentence opens each synthesis outside the turn's span. Then it is
   *   the latest request since `say()`.
   * - The answer of a realtime model begins outside the turn's span too.
   */
  find(turnSpanId: string | undefined): LlmRequest | undefined;
}

export interface RealtimeRequest {
  readonly request: LlmRequest;
  /** The model has given text or audio. */
  onToken(): void;
  /** The model has called a tool. `calledMs` is epoch milliseconds by the system's clock. */
  onToolCall(calledMs: number): void;
}

/** How many requests are kept. */
const KEPT_REQUESTS = 16;

export function createLlmRequests(clock: Clock): LlmRequests {
  const all: LlmRequest[] = [];
  let lastSayMs = 0;

  function add(request: LlmRequest): void {
    all.push(request);
    if (all.length > KEPT_REQUESTS) all.shift();
  }

  return {
    all,
    onRequest(model) {
      const request: LlmRequest = { turnSpanId: parentSpanId(), startMs: clock.now(), model };
      add(request);
      return () => (request.firstTokenMs = clock.now());
    },
    onLlmNode() {
      const request: LlmRequest = { turnSpanId: parentSpanId(), startMs: clock.now() };
      return () => {
        const isKnown = all.some(
          (each) => each.turnSpanId === request.turnSpanId && each.startMs >= request.startMs,
        );
        if (isKnown) return;
        // The node asked no LLM that we follow, so the caller waited for the node itself.
        request.firstTokenMs = clock.now();
        add(request);
      };
    },
    onRealtimeAnswer() {
      const request: LlmRequest = {
        turnSpanId: undefined,
        startMs: clock.now(),
        isRealtime: true,
      };
      add(request);
      return {
        request,
        onToken: () => void (request.firstTokenMs ??= clock.now()),
        onToolCall(calledMs) {
          // LiveKit reads the tool call later than the model gave it. `calledMs` is when the tool's run
          // begins.
          const knownMs = Math.min(clock.fromWall(calledMs), clock.now());
          request.firstTokenMs ??= Math.max(knownMs, request.startMs);
        },
      };
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
