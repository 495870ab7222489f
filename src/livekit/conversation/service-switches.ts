import { firstWithin, takeFailure } from "../instrumentation/adapters.js";
import type { ObservedConversation } from "./observed-conversation.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import { describeService } from "../instrumentation/service-names.js";

/** Writes a `service_switch` event when a `FallbackAdapter` changes from one of its models to another. */
export interface ServiceSwitches {
  /** The adapter is one of the session's models. */
  onFollowed(adapter: object): void;
  /** The adapter is called. */
  onAsked(adapter: object): void;
  /** A model of the adapter has given a result, which belongs to the message `messageId`. */
  onServed(adapter: object, model: object, messageId?: string): void;
}

export function followServiceSwitches(
  { spans, clock, turns, guard }: ObservedConversation,
  kind: "stt" | "tts",
): ServiceSwitches {
  /** The model that served last, by adapter. */
  const serving = new WeakMap<object, object>();
  /**
   * The model that the adapter would ask first when we began. The adapter may have switched before, for
   * another session.
   */
  const first = new WeakMap<object, object | undefined>();
  const asked = new WeakSet<object>();
  return {
    onFollowed(adapter) {
      if (!first.has(adapter)) first.set(adapter, firstWithin(adapter));
    },
    onAsked(adapter) {
      if (asked.has(adapter)) return;
      asked.add(adapter);
      first.set(adapter, firstWithin(adapter));
    },
    onServed(adapter, model, messageId) {
      const before = serving.get(adapter) ?? first.get(adapter);
      serving.set(adapter, model);
      if (before === undefined || before === model) return;
      const from = describeService(before, kind);
      const to = describeService(model, kind);
      const error = takeFailure(before, guard);
      spans.event(
        {
          type: "service_switch",
          atMs: clock.now(),
          turnId: turns.latest()?.id,
          data: {
            kind,
            from: from.source,
            to: to.source,
            ...(from.model === undefined ? {} : { from_model: from.model }),
            ...(to.model === undefined ? {} : { to_model: to.model }),
            ...(messageId === undefined ? {} : { message_id: messageId }),
            ...(error === undefined ? {} : { error }),
          },
        },
        activeSpanContext(),
      );
    },
  };
}
