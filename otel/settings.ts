import { join } from "node:path";
import { appendPath } from "./forward/endpoint-url.js";
import type { OtlpProtocol } from "./forward/otlp-sender.js";
import type { SpanNames } from "./forward/words-in-names.js";
import { toAbsolute } from "../src/platform/absolute-path.js";
import { LONGEST_TIMER_MS } from "../src/platform/at-most.js";
import { readKeepDays } from "../src/platform/keep-days.js";
import { showUrl } from "../src/platform/url-secrets.js";

/** The settings that the bootstrap reads from the environment. */
export interface TelemetrySettings {
  /** The endpoint of spans; undefined if nothing is forwarded. */
  tracesUrl: string | undefined;
  /**
   * Whether a setting of OTLP asked for traces. If not, the default endpoint is only tried, and no span
   * goes to disk before it has answered.
   */
  isTracesAsked: boolean;
  /** The encoding of requests with spans. */
  tracesProtocol: OtlpProtocol;
  /** How long one request may take, retries included. */
  exportTimeoutMs: number;
  /**
   * Where metrics go. `sdk`: an exporter that the OpenTelemetry SDK sets up from the environment.
   * Undefined: nowhere.
   */
  metrics: MetricSettings | "sdk" | undefined;
  serviceName: string;
  /** How forwarded spans are named. */
  spanNames: SpanNames;
  /** False if `OTEL_SDK_DISABLED` is `true`. Then there are no spans, and so no record. */
  enabled: boolean;
  directory: string;
  /** Whether spans may wait on disk. */
  spool: boolean;
  /** The folder in which spans wait for the endpoint. Undefined: `.spool` in the `directory`. */
  spoolDirectory: string | undefined;
  textLog: boolean;
  /** Whether lines about calls are printed, `[USER]` and `[AGENT]` among them. */
  console: boolean;
  /**
   * Where these lines go.
   *
   * - `auto`: through LiveKit's logger in a worker whose output is no terminal, else as plain lines.
   * - `log`: always through LiveKit's logger.
   * - `plain`: always as plain lines.
   */
  consoleFormat: "auto" | "log" | "plain";
  /** The mode of the record's files, e.g. 0o640. Default: only the owner may read and write them. */
  fileMode?: number | undefined;
  /** How many days recordings are kept. Undefined: until somebody deletes them. */
  keepDays?: number | undefined;
}

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

/**
 * Reads the standard `OTEL_*` variables and TalkTrace's own. Pure: it gets the environment, reads no
 * file, and changes nothing.
 *
 * An unusable value is reported to `onProblem` and counts as not set. An unusable endpoint turns
 * forwarding off. So a wrong setting never loses a record.
 */
export function readTelemetrySettings(
  env: NodeJS.ProcessEnv,
  onProblem: (problem: string) => void,
): TelemetrySettings {
  return {
    tracesUrl: readTracesUrl(env, onProblem),
    isTracesAsked: TRACES_VARIABLES.some((name) => value(env, name) !== undefined),
    tracesProtocol: readProtocol(env, "TRACES", onProblem),
    exportTimeoutMs:
      readMilliseconds(env, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", onProblem) ??
      readMilliseconds(env, "OTEL_EXPORTER_OTLP_TIMEOUT", onProblem) ??
      DEFAULT_EXPORT_TIMEOUT_MS,
    metrics: readMetrics(env, onProblem),
    serviceName: readServiceName(env),
    spanNames: readSpanNames(env, onProblem),
    enabled: value(env, "OTEL_SDK_DISABLED")?.toLowerCase() !== "true",
    directory: value(env, "TALKTRACE_DIRECTORY") ?? "conversations",
    spool: readSwitch(env, "TALKTRACE_SPOOL", true, onProblem),
    spoolDirectory: value(env, "TALKTRACE_SPOOL_DIRECTORY"),
    textLog: readSwitch(env, "TALKTRACE_TEXT_LOG", false, onProblem),
    ...readConsole(env, onProblem),
    fileMode: readFileMode(env, onProblem),
    keepDays: readKeepDays(value(env, "TALKTRACE_KEEP_DAYS"), onProblem),
  };
}

/** A program that sets one of these wants traces. */
const TRACES_VARIABLES = [
  "OTEL_TRACES_EXPORTER",
  ...["ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "CERTIFICATE"].flatMap(
    (name) => [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`],
  ),
  "TALKTRACE_SPOOL_DIRECTORY",
];

/**
 * The folder in which spans wait. It is made absolute once, so a later `process.chdir()` changes
 * nothing.
 */
export function spoolDirectoryOf({
  directory,
  spoolDirectory,
}: Pick<TelemetrySettings, "directory" | "spoolDirectory">): string {
  return toAbsolute(spoolDirectory ?? join(directory, ".spool"));
}

type OnProblem = (problem: string) => void;

/**
 * By the specification the signal's own variable is used unchanged, and a path is appended to the
 * common one.
 */
function readTracesUrl(env: NodeJS.ProcessEnv, onProblem: OnProblem): string | undefined {
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
function readMetrics(
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
function readProtocol(
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

function readServiceName(env: NodeJS.ProcessEnv): string {
  const own = value(env, "OTEL_SERVICE_NAME");
  if (own !== undefined) return own;
  const pairs = (value(env, "OTEL_RESOURCE_ATTRIBUTES") ?? "").split(",");
  // OpenTelemetry allows spaces on both sides of the sign.
  const pair = pairs.find((each) => /^\s*service\.name\s*=/.test(each));
  const encoded = pair?.slice(pair.indexOf("=") + 1).trim();
  return encoded === undefined || encoded === "" ? "voice-agent" : decodePercents(encoded);
}

/** OpenTelemetry percent-encodes resource attributes. A value that is not encoded stays as it is. */
function decodePercents(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function readSpanNames(env: NodeJS.ProcessEnv, onProblem: OnProblem): SpanNames {
  const given = value(env, "TALKTRACE_SPAN_NAMES")?.toLowerCase() ?? "plain";
  if (given === "plain" || given === "words") return given;
  onProblem(`Cannot use TALKTRACE_SPAN_NAMES "${given}": expected "plain" or "words"`);
  return "plain";
}

function readMilliseconds(
  env: NodeJS.ProcessEnv,
  name: string,
  onProblem: OnProblem,
): number | undefined {
  const given = value(env, name);
  if (given === undefined) return undefined;
  const milliseconds = Number(given);
  if (milliseconds > 0 && milliseconds <= LONGEST_TIMER_MS) return milliseconds;
  onProblem(
    `Cannot use ${name} "${given}": not a number of milliseconds from 1 to ${LONGEST_TIMER_MS}`,
  );
  return undefined;
}

/** Undefined means that only the owner of the process may read the files. */
function readFileMode(env: NodeJS.ProcessEnv, onProblem: OnProblem): number | undefined {
  const given = value(env, "TALKTRACE_FILE_MODE");
  if (given === undefined) return undefined;
  if (/^0?6[0-6][0-6]$/.test(given)) return Number.parseInt(given, 8);
  onProblem(
    `Cannot use TALKTRACE_FILE_MODE "${given}": expected a mode that lets the owner read and write, ` +
      `such as 0600 or 0640`,
  );
  return undefined;
}

function readConsole(
  env: NodeJS.ProcessEnv,
  onProblem: OnProblem,
): Pick<TelemetrySettings, "console" | "consoleFormat"> {
  const given = value(env, "TALKTRACE_CONSOLE");
  const format = given?.toLowerCase();
  if (format === "log" || format === "plain") return { console: true, consoleFormat: format };
  const answer = given === undefined ? true : readYesOrNo(given);
  if (answer === undefined)
    onProblem(
      `Cannot use TALKTRACE_CONSOLE "${given}": expected "1", "0", "log" or "plain"; lines are printed`,
    );
  return { console: answer ?? true, consoleFormat: "auto" };
}

function readSwitch(
  env: NodeJS.ProcessEnv,
  name: string,
  byDefault: boolean,
  onProblem: OnProblem,
): boolean {
  const given = value(env, name);
  if (given === undefined) return byDefault;
  const answer = readYesOrNo(given);
  if (answer !== undefined) return answer;
  onProblem(`Cannot use ${name} "${given}": expected "1" or "0"`);
  return byDefault;
}

const YES: ReadonlySet<string> = new Set(["1", "true", "yes", "y", "on", "enable", "enabled"]);
const NO: ReadonlySet<string> = new Set([
  "0",
  "false",
  "no",
  "n",
  "off",
  "disable",
  "disabled",
  "never",
  "none",
]);

/** Reads a yes or no; undefined if it is neither. */
export function readYesOrNo(given: string): boolean | undefined {
  const word = given.trim().toLowerCase();
  return YES.has(word) ? true : NO.has(word) ? false : undefined;
}

/** An empty variable counts as not set, as the OpenTelemetry specification requires. */
function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const given = env[name]?.trim();
  return given === undefined || given === "" ? undefined : given;
}
