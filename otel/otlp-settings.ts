import { showUrl } from "../src/platform/url-secrets.js";
import { appendPath } from "./forward/endpoint-url.js";
import type { OtlpProtocol } from "./forward/otlp-sender.js";
import { type OnProblem, readMilliseconds, value } from "./read-variable.js";

export interface MetricSettings {
  url: string;
  /** The encoding of requests. */
  protocol: OtlpProtocol;
  /** How long one request may take. */
  exportTimeoutMs: number;
  /** The time between two requests. */
  intervalMs: number;
  /** Whether a setting asked for metrics themselves, and not only for OTLP. */
  isAsked: boolean;
}

export const DEFAULT_OTLP_ENDPOINT = "http://localhost:4318";
const DEFAULT_OTLP_PROTOCOL: OtlpProtocol = "http/json";
const DEFAULT_EXPORT_TIMEOUT_MS = 2000;
const DEFAULT_METRIC_INTERVAL_MS = 60_000;

/** A program that sets one of these wants traces. */
const TRACES_VARIABLES = [
  "OTEL_TRACES_EXPORTER",
  ...["ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "CERTIFICATE"].flatMap(
    (name) => [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`],
  ),
  "TALKTRACE_SPOOL_DIRECTORY",
];

/** Whether a setting of OTLP asks for traces. */
export function isTracesAsked(env: NodeJS.ProcessEnv): boolean {
  return TRACES_VARIABLES.some((name) => value(env, name) !== undefined);
}

/** How long a request with spans may take. */
export function readTracesTimeout(env: NodeJS.ProcessEnv, onProblem: OnProblem): number {
  return (
    readMilliseconds(env, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", onProblem) ??
    readMilliseconds(env, "OTEL_EXPORTER_OTLP_TIMEOUT", onProblem) ??
    DEFAULT_EXPORT_TIMEOUT_MS
  );
}

/**
 * By the specification the signal's own variable is used unchanged, and a path is appended to the
 * common one.
 */
export function readTracesUrl(env: NodeJS.ProcessEnv, onProblem: OnProblem): string | undefined {
  const exporter = value(env, "OTEL_TRACES_EXPORTER") ?? "otlp";
  if (exporter === "none") return undefined;
  if (exporter !== "otlp") {
    onProblem(
      `Cannot use OTEL_TRACES_EXPORTER "${exporter}": expected "otlp" or "none"; spans go by OTLP`,
    );
  }
  const own = value(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (own !== undefined) return usableUrl("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own, onProblem);
  const common = value(env, "OTEL_EXPORTER_OTLP_ENDPOINT") ?? DEFAULT_OTLP_ENDPOINT;
  const url = usableUrl("OTEL_EXPORTER_OTLP_ENDPOINT", common, onProblem);
  return url && appendPath(url, "v1/traces");
}

/**
 * By the specification metrics go to the common endpoint, even to its default. Jaeger takes no metrics.
 * So they go to their own endpoint if it is set, else to a common endpoint if that is set. The common
 * one may turn out to take no metrics.
 */
export function readMetrics(
  env: NodeJS.ProcessEnv,
  onProblem: OnProblem,
): MetricSettings | "sdk" | undefined {
  const exporter = value(env, "OTEL_METRICS_EXPORTER");
  if (exporter === "none") return undefined;
  if (exporter !== undefined && exporter !== "otlp") return "sdk";
  const url = readMetricsUrl(env, exporter === "otlp", onProblem);
  if (url === undefined) return undefined;
  return {
    url,
    // A wrong common setting is reported when the traces' settings are read.
    protocol: readProtocol(env, "METRICS", onProblem),
    isAsked: exporter === "otlp" || value(env, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") !== undefined,
    exportTimeoutMs:
      readMilliseconds(env, "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", onProblem) ??
      readMilliseconds(env, "OTEL_EXPORTER_OTLP_TIMEOUT", () => undefined) ??
      DEFAULT_EXPORT_TIMEOUT_MS,
    intervalMs:
      readMilliseconds(env, "OTEL_METRIC_EXPORT_INTERVAL", onProblem) ?? DEFAULT_METRIC_INTERVAL_MS,
  };
}

function readMetricsUrl(
  env: NodeJS.ProcessEnv,
  isAsked: boolean,
  onProblem: OnProblem,
): string | undefined {
  const own = value(env, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
  if (own !== undefined)
    return usableUrl("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", own, onProblem, "metrics");
  const common = value(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (common === undefined) return isAsked ? `${DEFAULT_OTLP_ENDPOINT}/v1/metrics` : undefined;
  // An unusable common endpoint is reported when the traces' settings are read.
  const url = usableUrl("OTEL_EXPORTER_OTLP_ENDPOINT", common, () => undefined, "metrics");
  return url && appendPath(url, "v1/metrics");
}

/** A wrong own setting of the signal is reported. A wrong common one is reported once, with the traces. */
export function readProtocol(
  env: NodeJS.ProcessEnv,
  signal: "TRACES" | "METRICS",
  onProblem: OnProblem,
): OtlpProtocol {
  const own = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`;
  const name = value(env, own) === undefined ? "OTEL_EXPORTER_OTLP_PROTOCOL" : own;
  const given = value(env, name)?.toLowerCase() ?? DEFAULT_OTLP_PROTOCOL;
  if (given === "http/json" || given === "http/protobuf") return given;
  if (name === own || signal === "TRACES") {
    onProblem(
      `Cannot use ${name} "${given}": TalkTrace speaks "http/json" and "http/protobuf"; ` +
        `it sends ${DEFAULT_OTLP_PROTOCOL}`,
    );
  }
  return DEFAULT_OTLP_PROTOCOL;
}

function usableUrl(
  name: string,
  url: string,
  onProblem: OnProblem,
  what = "traces",
): string | undefined {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  onProblem(
    `Cannot use ${name} "${showUrl(url)}": not an http or https URL; set e.g. ${DEFAULT_OTLP_ENDPOINT}. ` +
      `No ${what} are sent; the record is not affected`,
  );
  return undefined;
}
