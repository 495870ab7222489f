import type { Metrics } from "../record/index.js";
import type { ConversationState } from "./conversation-state.js";
import { measure } from "./document.js";

/** How many messages there have to be for one change to make no difference worth computing. */
const MESSAGES_PER_CHANGE = 100;

export interface LaggingMetrics {
  noteChange(): void;
  current(): Metrics;
}

/**
 * The figures of a conversation for its document. While it is open they may lag behind by one
 * change in a hundred messages: computing them goes over all messages, which would make late
 * publishes expensive. Up to a hundred messages, and at the end, they are exact.
 */
export function trackMetrics(state: ConversationState): LaggingMetrics {
  let metrics: Metrics | undefined;
  let changes = 0;
  return {
    noteChange() {
      changes += 1;
    },
    current() {
      const isFinal = state.session.status !== "open";
      const isStale = changes * MESSAGES_PER_CHANGE >= state.messages.size;
      if (metrics === undefined || isFinal || isStale) {
        metrics = measure(state);
        changes = 0;
      }
      return metrics;
    },
  };
}
