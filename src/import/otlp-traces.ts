import { ImportError } from "./import-error.js";
import type { ImportFormat } from "./import-format.js";
import { SPAN_PRODUCERS } from "./otlp/producers.js";
import { isTraceRequest, readOtlpJson } from "./otlp/read-otlp-json.js";
import { SpanCalls } from "./otlp/span-calls.js";

/**
 * OTLP/JSON: one request, a list of them, or one a line as a Collector's file exporter writes them. A
 * file may hold calls of several producers.
 */
export const otlpTraces: ImportFormat = {
  name: "otlp",
  origin: "OTLP/JSON, as a Collector's file exporter writes it: one request, a list, or one a line",
  recognizedBy: "`resourceSpans`",
  kept: "calls of each software below",
  missing: "calls of any other software",
  variants: SPAN_PRODUCERS.flatMap(({ forms }) => forms),
  recognizes: ({ kind, first }) => kind !== "text" && isTraceRequest(first),
  async *read(content) {
    const calls = new SpanCalls();
    let spans = 0;
    let known = 0;
    let broken = 0;
    for (const { value } of content.values()) {
      // A line that was cut off is lost, and the lines after it are not.
      if (!isTraceRequest(value)) broken += 1;
      for (const span of readOtlpJson(value)) {
        spans += 1;
        if (calls.add(span)) known += 1;
      }
    }
    let count = 0;
    for (const call of calls.read()) {
      count += 1;
      const missing = broken === 0 ? [] : [`what ${broken} broken lines of the file held`];
      yield { ...call, missing: [...missing, ...call.missing] };
    }
    if (count > 0) return;
    if (spans === 0) throw new ImportError("it has no spans with valid ids");
    throw new ImportError(
      known === 0
        ? `none of its ${spans} spans is of a known software: TalkTrace, LiveKit, Pipecat, or a language model by the GenAI conventions`
        : `its ${known} spans tell of no call: turns, messages and the session are missing`,
    );
  },
};
