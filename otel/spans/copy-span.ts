import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/**
 * A span with another name or resource; the span itself stays as it is, for others see it as well.
 * Field by field: what a span keeps in private fields cannot be inherited or spread.
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
