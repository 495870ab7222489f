import { modelsWithin, takeFailure } from "./adapters.js";
import type { ObservedConversation } from "./conversation.js";
import { activeSpanContext } from "./span-context.js";
import { describeService } from "./speech-source.js";

/** Tells of a `FallbackAdapter` that went over from one of its models to another. */
export interface ServiceSwitches {
  /** A model of the adapter has given something. `messageId` is the message it belongs to. */
  onServed(adapter: object, model: object, messageId?: string): void;
}

export function followServiceSwitches(
  { spans, clock, turns }: ObservedConversation,
  kind: "stt" | "tts",
): ServiceSwitches {
  /** Who served last, by adapter; at first the one that it was given first. */
  const serving = new WeakMap<object, object>();
  return {
    onServed(adapter, model, messageId) {
      const before = serving.get(adapter) ?? modelsWithin(adapter)[0];
      serving.set(adapter, model);
      if (before === undefined || before === model) return;
      const from = describeService(before, kind);
      const to = describeService(model, kind);
      const error = takeFailure(before);
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
