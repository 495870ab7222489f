import { stt } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import type { Guard } from "./guard.js";
import { followModelsBehind, isAdapter, servedBy, worksForAdapter } from "./adapters.js";
import { type HookPoint, type PickListener, createHookPoint } from "./hook-point.js";
import { runModelCall } from "./call-context.js";
import { describeService } from "./service-names.js";

/** Gets each event of speech recognition, with the service that it came from. */
export interface SpeechToTextListener {
  guard: Guard;
  onSpeechEvent(event: stt.SpeechEvent, service: SpeechService): void;
  /** It is asked to hear something. */
  onAsked(model: stt.STT): void;
  /** A model that an adapter chose has heard what comes next. */
  onServed(adapter: stt.STT, model: object): void;
}

/** Listens to what an STT hears: to its streams, and to `recognize()` where it does not stream. */
export const speechToTextHooks: HookPoint<stt.STT, SpeechToTextListener> = createHookPoint(
  (instance: stt.STT, pickListener: PickListener<SpeechToTextListener>) => {
    function tell(listener: SpeechToTextListener | undefined, event: stt.SpeechEvent): void {
      // The service is asked each time: its model can be changed during a call.
      listener?.guard.run("heard a transcript", () => {
        const model = servedBy(event);
        if (model !== undefined && event.type === stt.SpeechEventType.FINAL_TRANSCRIPT)
          listener.onServed(instance, model);
        listener.onSpeechEvent(event, describeService(model ?? instance, "stt"));
      });
    }

    if (isAdapter(instance)) followModelsBehind(instance, ["stream", "recognize"]);

    const stream = instance.stream.bind(instance);
    instance.stream = (...args) => {
      if (worksForAdapter(instance)) return stream(...args);
      const listener = pickListener(args[0]?.connOptions, "stream");
      listener?.guard.run("saw a stream open", () => listener.onAsked(instance));
      const call = { model: instance, guard: listener?.guard };
      const opened = runModelCall(call, () => stream(...args));
      const next = opened.next.bind(opened);
      opened.next = async () => {
        const result = await next();
        if (result.done !== true) tell(listener, result.value);
        return result;
      };
      return opened;
    };

    const recognize = instance.recognize.bind(instance);
    instance.recognize = async (...args) => {
      if (worksForAdapter(instance)) return recognize(...args);
      const listener = pickListener(undefined, "single");
      listener?.guard.run("saw a recording come", () => listener.onAsked(instance));
      const call = { model: instance, guard: listener?.guard };
      const event = await runModelCall(call, () => recognize(...args));
      tell(listener, event);
      return event;
    };
  },
);
