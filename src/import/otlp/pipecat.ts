import type { SpanProducer } from "./span-producer.js";
import { PipecatCall, PIPECAT } from "./pipecat-call.js";

/** Pipecat's spans: conversation, turns, and the requests of services. None is of speech or playback. */
export const pipecat: SpanProducer = {
  forms: [
    {
      name: PIPECAT,
      origin: "the spans of Pipecat (`pipecat-ai`, with `enable_tracing=True`)",
      recognizedBy: "the scopes `pipecat` and `pipecat.turn`",
      kept: "words of both sides; who interrupted, and what was heard then; tools; languages; the wait before the first reply of a turn; tokens, characters and seconds of sound",
      missing:
        "when a reply ended, the delivery of the last reply if it was cut off, word times and confidence. Nor when tools ran, handoffs, errors, why the call ended, and Pipecat's version",
    },
  ],
  takes: ({ scope }) => scope === "pipecat" || scope === "pipecat.turn",
  groupOf: ({ traceId }) => traceId,
  readCalls: (spans) => {
    const call = new PipecatCall(spans).read();
    return call === undefined ? [] : [call];
  },
};
