import { join } from "node:path";
import type { OtlpProtocol } from "./forward/otlp-sender.js";
import type { SpanNames } from "./forward/words-in-names.js";
import {
  type MetricSettings,
  isTracesAsked,
  readMetrics,
  readProtocol,
  readTracesTimeout,
  readTracesUrl,
} from "./otlp-settings.js";
import { type OnProblem, readSwitch, readYesOrNo, value } from "./read-variable.js";
import { toAbsolute } from "../src/platform/absolute-path.js";
import { readKeepDays } from "../src/platform/keep-days.js";

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
    isTracesAsked: isTracesAsked(env),
    tracesProtocol: readProtocol(env, "TRACES", onProblem),
    exportTimeoutMs: readTracesTimeout(env, onProblem),
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
