import {
  type Attributes,
  type Meter,
  type MeterProvider,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from "@opentelemetry/api";
import { TRACER_NAME } from "../spans/attributes.js";
import { readOwnVersion } from "../spans/without-tracing.js";
import type { Exemplars } from "./exemplars.js";
import { METRIC, type MetricDefinition } from "./metric-definitions.js";

export type MetricName = keyof typeof METRIC;

/** Values that are read only when metrics are collected. */
export interface ObservedValues {
  recordLost?: number | undefined;
  spansSent?: number | undefined;
  spansDropped?: number | undefined;
  spansWaiting?: number | undefined;
}

export interface MetricInstruments {
  /** Adds a value to a histogram or a counter. `span` is the span on which it was measured. */
  record(metric: MetricName, value: number, attributes?: Attributes, span?: SpanContext): void;
}

/** Makes every instrument of `METRIC` with one provider. */
export function createInstruments(
  provider: MeterProvider,
  observe: () => ObservedValues,
  exemplars?: Exemplars,
): MetricInstruments {
  const meter = provider.getMeter(TRACER_NAME, readOwnVersion());
  const add = new Map<
    MetricName,
    (value: number, attributes: Attributes, span?: SpanContext) => void
  >();
  for (const [key, definition] of Object.entries(METRIC) as [MetricName, MetricDefinition][]) {
    const instrument = createInstrument(
      meter,
      definition,
      () => observe()[key as keyof ObservedValues],
    );
    if (instrument !== undefined) add.set(key, instrument);
  }
  return {
    record(metric, value, attributes = {}, span) {
      const present = withoutUndefined(attributes);
      add.get(metric)?.(value, present, span);
      const definition: MetricDefinition = METRIC[metric];
      if (span !== undefined && definition.kind === "histogram")
        exemplars?.note(definition, present, value, span);
    },
  };
}

function createInstrument(
  meter: Meter,
  { name, kind, unit, description, boundaries }: MetricDefinition,
  observe: () => number | undefined,
): ((value: number, attributes: Attributes, span?: SpanContext) => void) | undefined {
  const options = { unit, description };
  switch (kind) {
    case "histogram": {
      const histogram = meter.createHistogram(name, {
        ...options,
        advice: { explicitBucketBoundaries: [...(boundaries ?? [])] },
      });
      // The context is for SDKs that make exemplars from it.
      return (value, attributes, span) =>
        histogram.record(value, attributes, span && trace.setSpanContext(ROOT_CONTEXT, span));
    }
    case "counter": {
      const counter = meter.createCounter(name, options);
      return (value, attributes, span) =>
        counter.add(value, attributes, span && trace.setSpanContext(ROOT_CONTEXT, span));
    }
    case "open_counter": {
      const counter = meter.createUpDownCounter(name, options);
      return (value, attributes) => counter.add(value, attributes);
    }
    case "observed_counter":
    case "observed_gauge": {
      const observable =
        kind === "observed_counter"
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options);
      observable.addCallback((result) => {
        const value = observe();
        if (value !== undefined) result.observe(value);
      });
      return undefined;
    }
  }
}

function withoutUndefined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
