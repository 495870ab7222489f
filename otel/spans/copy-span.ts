import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/**
 * A copy of a span with another name or resource. The span itself does not change, because others see
 * it too. It is copied field by field, because private fields cannot be inherited or spread.
 */
export function copySpan(
  span: ReadableSpan,
  changes: Partial<Pick<ReadableSpan, "name" | "resource">>,
): ReadableSpan {
  const { parentSpanContext } = span;
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(parentSpanContext === undefined ? {} : { parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    ...changes,
  };
}
