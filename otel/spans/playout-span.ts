import type { Context } from "@opentelemetry/api";
import { findLongestStage, listMarks } from "../../src/record/index.js";
import { ATTR, RECORD, SPAN } from "./attributes.js";
import { type OpenSpan, type StartSpan, finish } from "./open-span.js";
import { encodePlain } from "./plain-attributes.js";
import { defined, latencyAttributes, toChat, wordAttributes } from "./span-attributes.js";
import type { EpochMs, Playout } from "./span-data.js";

/** Begins the span of one playout: at its first sound, or at its end if nothing was played. */
export function startPlayoutSpan(
  startSpan: StartSpan,
  messageId: string,
  startMs: EpochMs,
  parent: Context,
): OpenSpan<Playout> {
  const span = startSpan(SPAN.playout, { [ATTR.messageId]: messageId }, startMs, parent);
  return {
    end(playout, endMs) {
      span.setAttributes({
        [ATTR.record]: RECORD.playout,
        ...encodePlain("playout", playout),
        ...wordAttributes(playout.words),
        [ATTR.endedAt]: playout.endedMs,
        ...latencyAttributes(playout.latency),
        ...defined({
          [ATTR.startedAt]: playout.startedMs,
          [ATTR.heard]: playout.heard,
          // In Jaeger's chat the synthesis shows the whole text, and the playout what was heard of it.
          [ATTR.outputMessages]: playout.heard ? toChat("assistant", playout.heard) : undefined,
        }),
      });
      writeWaitSpan(startSpan, playout, parent);
      finish(span, startMs, endMs);
    },
    drop: (endMs) => finish(span, startMs, endMs),
  };
}

/** Shows the silence before a reply as a span of its own, because other spans only touch its ends. */
function writeWaitSpan(
  startSpan: StartSpan,
  { messageId, startedMs, latency }: Playout,
  parent: Context,
): void {
  if (latency?.e2e_s === undefined || startedMs === undefined) return;
  const speechEndMs = startedMs - latency.e2e_s * 1000;
  const attributes = {
    [ATTR.messageId]: messageId,
    ...defined({ [ATTR.longestStage]: findLongestStage(latency)?.name }),
  };
  const span = startSpan(SPAN.waitForReply, attributes, speechEndMs, parent);
  for (const { mark, at_s } of listMarks(latency)) {
    const isInside = at_s > 0 && at_s < latency.e2e_s;
    if (isInside) span.addEvent(mark, { [ATTR.after]: at_s }, speechEndMs + at_s * 1000);
  }
  finish(span, speechEndMs, startedMs);
}
