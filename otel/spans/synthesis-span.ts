import type { Context } from "@opentelemetry/api";
import { ATTR, OPERATION, SPAN } from "./attributes.js";
import { type OpenSpan, type StartSpan, fail, finish, spanName } from "./open-span.js";
import { encodePlain } from "./plain-attributes.js";
import {
  audioAttributes,
  defined,
  messageAttributes,
  serviceAttributes,
} from "./span-attributes.js";
import type { EpochMs, SpeechSource, Synthesis } from "./span-data.js";

/** Begins the span of one synthesis, at the first text that went to the TTS. */
export function startSynthesisSpan(
  startSpan: StartSpan,
  service: SpeechSource,
  startMs: EpochMs,
  parent: Context,
): OpenSpan<Synthesis> {
  const operation = service.hasNoService === true ? undefined : OPERATION.textToSpeech;
  const span = startSpan(
    spanName(SPAN.textToSpeech, service.model),
    {
      ...serviceAttributes(service, operation),
      ...encodePlain("agent", service),
      [ATTR.outputType]: "speech",
    },
    startMs,
    parent,
  );
  return {
    end(synthesis, endMs) {
      // A `FallbackAdapter` may have changed the TTS, so the model is known only now.
      span.updateName(spanName(SPAN.textToSpeech, synthesis.model));
      span.setAttributes({
        ...serviceAttributes(synthesis, operation),
        ...messageAttributes({ ...synthesis, role: "agent" }),
        ...encodePlain("agent", synthesis),
        ...defined({
          [ATTR.unspokenReason]: synthesis.unspoken?.reason,
          [ATTR.error]: synthesis.unspoken?.error,
        }),
        ...audioAttributes({ ...synthesis.sound, duration_s: synthesis.durationS }),
      });
      if (synthesis.unspoken?.reason === "failed") fail(span, synthesis.unspoken.error);
      finish(span, startMs, endMs);
    },
    drop: (endMs) => finish(span, startMs, endMs),
  };
}
