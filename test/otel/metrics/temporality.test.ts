import { DiagLogLevel, diag } from "@opentelemetry/api";
import { AggregationTemporality, InstrumentType } from "@opentelemetry/sdk-metrics";
import { expect, it } from "vitest";
import { readTemporality } from "../../../otel/metrics/temporality.js";

const { CUMULATIVE, DELTA } = AggregationTemporality;

function selectAll(preference: string | undefined): { [instrument: string]: unknown } {
  const select = readTemporality({
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference,
  });
  return Object.fromEntries(
    [
      InstrumentType.COUNTER,
      InstrumentType.HISTOGRAM,
      InstrumentType.OBSERVABLE_COUNTER,
      InstrumentType.UP_DOWN_COUNTER,
    ].map((type) => [type, select(type)]),
  );
}

const ALL_CUMULATIVE = {
  COUNTER: CUMULATIVE,
  HISTOGRAM: CUMULATIVE,
  OBSERVABLE_COUNTER: CUMULATIVE,
  UP_DOWN_COUNTER: CUMULATIVE,
};

it.each([
  [undefined, ALL_CUMULATIVE],
  ["", ALL_CUMULATIVE],
  ["cumulative", ALL_CUMULATIVE],
  ["Delta", { ...ALL_CUMULATIVE, COUNTER: DELTA, HISTOGRAM: DELTA, OBSERVABLE_COUNTER: DELTA }],
  ["lowmemory", { ...ALL_CUMULATIVE, COUNTER: DELTA, HISTOGRAM: DELTA }],
])(
  "With the temporality preference %j each kind of instrument counts as OpenTelemetry specifies",
  (preference, expected) => {
    expect(selectAll(preference)).toEqual(expected);
  },
);

it("A temporality preference that is none is told, and sums count from the beginning", () => {
  const told: unknown[] = [];
  const note = (...line: unknown[]) => void told.push(...line);
  diag.setLogger(
    { error: note, warn: note, info: note, debug: note, verbose: note },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  try {
    expect(selectAll("sometimes")).toEqual(ALL_CUMULATIVE);
  } finally {
    diag.disable();
  }
  expect(told).toEqual([
    expect.stringContaining(
      'Cannot use OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE "sometimes"',
    ),
  ]);
});
