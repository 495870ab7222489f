import {
  type Attributes,
  type AttributeValue,
  type Context,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
  TraceFlags,
  isSpanContextValid,
  trace,
} from "@opentelemetry/api";
import { hrTimeDuration, timeInputToHrTime } from "@opentelemetry/core";
import { type Resource, emptyResource } from "@opentelemetry/resources";
import { RandomIdGenerator, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { TRACER_NAME } from "./attributes.js";

/** Called with each span of a conversation when it ends, complete. */
export type RecordSpan = (span: ReadableSpan) => void;

/** An SDK's spans that a `RecordedSpan` records, so that no exporter records them again. */
const recorded = new WeakSet<object>();

/** Whether a span that an SDK exports is in the record already. */
export function isRecorded(span: ReadableSpan): boolean {
  return recorded.has(span);
}

const ids = new RandomIdGenerator();

/**
 * A span that keeps all its data for the record, and also passes them to the tracer's span. So the
 * record does not depend on the setup of traces: a sampler may drop the tracer's span, a limit may cut
 * its texts, a resource may resolve late, or there is no SDK at all.
 */
export class RecordedSpan implements Span {
  readonly #span: Span;
  readonly #context: SpanContext;
  readonly #parent: SpanContext | undefined;
  readonly #record: RecordSpan;
  readonly #startTime: HrTime;
  readonly #attributes: Attributes;
  #name: string;
  #status: SpanStatus = { code: SpanStatusCode.UNSET };

  constructor(
    span: Span,
    start: { name: string; attributes: Attributes; startMs: number; parent: Context },
    record: RecordSpan,
  ) {
    this.#span = span;
    this.#parent = trace.getSpanContext(start.parent);
    this.#context = contextOf(span, this.#parent);
    this.#record = record;
    this.#startTime = timeInputToHrTime(start.startMs);
    this.#attributes = { ...start.attributes };
    this.#name = start.name;
    recorded.add(span);
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  setAttribute(key: string, value: AttributeValue): this {
    this.#attributes[key] = value;
    this.#span.setAttribute(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.#attributes, attributes);
    this.#span.setAttributes(attributes);
    return this;
  }

  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    this.#span.addEvent(name, attributes, time);
    return this;
  }

  addLink(link: Link): this {
    this.#span.addLink(link);
    return this;
  }

  addLinks(links: Link[]): this {
    this.#span.addLinks(links);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.#status = status;
    this.#span.setStatus(status);
    return this;
  }

  updateName(name: string): this {
    this.#name = name;
    this.#span.updateName(name);
    return this;
  }

  recordException(exception: Error | string, time?: TimeInput): void {
    this.#span.recordException(exception, time);
  }

  isRecording(): boolean {
    return this.#span.isRecording();
  }

  end(endTime?: TimeInput): void {
    this.#record(this.#toReadable(timeInputToHrTime(endTime ?? Date.now())));
    this.#span.end(endTime);
  }

  #toReadable(endTime: HrTime): ReadableSpan {
    const { resource } = this.#span as { resource?: Resource };
    return {
      name: this.#name,
      kind: SpanKind.INTERNAL,
      spanContext: () => this.#context,
      ...(this.#parent === undefined ? {} : { parentSpanContext: this.#parent }),
      startTime: this.#startTime,
      endTime,
      duration: hrTimeDuration(this.#startTime, endTime),
      status: this.#status,
      attributes: this.#attributes,
      events: [],
      links: [],
      ended: true,
      resource: resource ?? emptyResource(),
      instrumentationScope: { name: TRACER_NAME },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

/**
 * The ids of a span. A tracer that makes no spans gives the parent's ids, or none. Then ids are
 * generated.
 */
function contextOf(span: Span, parent: SpanContext | undefined): SpanContext {
  const found = span.spanContext();
  if (isSpanContextValid(found) && found.spanId !== parent?.spanId) return found;
  const isParentValid = parent !== undefined && isSpanContextValid(parent);
  return {
    traceId: isParentValid ? parent.traceId : ids.generateTraceId(),
    spanId: ids.generateSpanId(),
    traceFlags: TraceFlags.NONE,
  };
}
