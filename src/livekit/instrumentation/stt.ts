import { stt } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import { followModelsBehind, isAdapter, servedBy, worksForAdapter } from "./adapters.js";
import type { Guard, Guarded } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { describeService } from "./service-names.js";
import { wrapMethod } from "./wrap-method.js";

/** Told of each event of speech recognition, with the service that gave it. */
export interface SpeechToTextListener {
  guard: Guard;
  onSpeechEvent(event: stt.SpeechEvent, service: SpeechService): void;
  /** The STT is asked to transcribe. */
  onAsked(model: stt.STT): void;
  /** The next transcript comes from this model, which an adapter chose. */
  onServed(adapter: stt.STT, model: object): void;
}

const DOING = {
  onSpeechEvent: "heard a transcript",
  onAsked: "saw a service asked to hear",
  onServed: "saw who hears",
};

/** Listens to an STT: to its streams, and to `recognize()` of one that does not stream. */
export const speechToTextHooks: HookPoint<stt.STT, SpeechToTextListener> = createHookPoint(
  DOING,
  (instance: stt.STT, pickListener, guard, onLeft) => {
    function tell(listener: Guarded<SpeechToTextListener>, event: stt.SpeechEvent): void {
      // The service is described anew each time, because its model can change during a call.
      const model = servedBy(event);
      if (model !== undefined && event.type === stt.SpeechEventType.FINAL_TRANSCRIPT)
        listener.onServed(instance, model);
      listener.onSpeechEvent(event, describeService(model ?? instance, "stt"));
    }

    if (isAdapter(instance)) onLeft(followModelsBehind(instance, ["stream", "recognize"], guard));

    const endStream = wrapMethod(instance, "stream", guard, "saw a stream open", (...args) => {
      if (worksForAdapter(instance)) return undefined;
      const listener = pickListener(args[0]?.connOptions, "stream");
      listener?.onAsked(instance);
      return {
        context: { modelCall: { model: instance, guard: listener?.guard } },
        onResult(opened) {
          if (listener === undefined) return;
          wrapMethod(opened, "next", guard, DOING.onSpeechEvent, () => ({
            onResult(result) {
              if (result.done !== true) tell(listener, result.value);
            },
          }));
        },
      };
    });

    onLeft(endStream);

    const endRecognize = wrapMethod(instance, "recognize", guard, "saw a recording come", () => {
      if (worksForAdapter(instance)) return undefined;
      const listener = pickListener(undefined, "single");
      listener?.onAsked(instance);
      return {
        context: { modelCall: { model: instance, guard: listener?.guard } },
        onResult(event) {
          if (listener !== undefined) tell(listener, event);
        },
      };
    });
    onLeft(endRecognize);
  },
);
