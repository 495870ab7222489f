import { diag } from "@opentelemetry/api";
import { AggregationTemporality, InstrumentType } from "@opentelemetry/sdk-metrics";

/** Whether an instrument's sums count from the beginning or from the last request. */
export type SelectTemporality = (type: InstrumentType) => AggregationTemporality;

const VARIABLE = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";

/** By preference: the instruments that count from the last request, as OpenTelemetry specifies. */
const DELTA: { [preference: string]: readonly InstrumentType[] } = {
  cumulative: [],
  lowmemory: [InstrumentType.COUNTER, InstrumentType.HISTOGRAM],
  delta: [
    InstrumentType.COUNTER,
    InstrumentType.OBSERVABLE_COUNTER,
    InstrumentType.GAUGE,
    InstrumentType.HISTOGRAM,
    InstrumentType.OBSERVABLE_GAUGE,
  ],
};

/**
 * Reads the standard setting. OpenTelemetry's own code for it is part of an exporter of 3.5 MB, of
 * which nothing else is needed. An unknown preference is reported to the SDK's diagnostics, as
 * OpenTelemetry's own code does.
 */
export function readTemporality(env: NodeJS.ProcessEnv): SelectTemporality {
  const wanted = env[VARIABLE]?.trim().toLowerCase() || "cumulative";
  const instruments = DELTA[wanted];
  if (instruments === undefined)
    diag.warn(
      `Cannot use ${VARIABLE} "${wanted}": expected "cumulative", "delta" or "lowmemory"; sums count from the beginning`,
    );
  return (type) =>
    instruments?.includes(type) === true
      ? AggregationTemporality.DELTA
      : AggregationTemporality.CUMULATIVE;
}
