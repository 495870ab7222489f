/** What the bootstrap reads from the environment. */
export interface TelemetrySettings {
  /** Where spans go, or undefined when nothing is to be forwarded. */
  tracesUrl: string | undefined;
  /** How long one request may take, retries included. */
  exportTimeoutMs: number;
  serviceName: string;
  /** False when `OTEL_SDK_DISABLED` is `true`: then there are no spans, and so no record. */
  enabled: boolean;
  directory: string;
  textLog: boolean;
  /** Whether `[USER]` and `[AGENT]` lines are printed. */
  console: boolean;
}

export const DEFAULT_OTLP_ENDPOINT = "http://localhost:4318";
const DEFAULT_EXPORT_TIMEOUT_MS = 2000;

/**
 * Reads the standard `OTEL_*` variables and TalkTrace's own. Pure: gets the environment, reads no
 * file, changes nothing.
 *
 * @throws {RangeError} naming the variable whose value cannot be used.
 */
export function readTelemetrySettings(env: NodeJS.ProcessEnv): TelemetrySettings {
  return {
    tracesUrl: readTracesUrl(env),
    exportTimeoutMs: readMilliseconds(
      env,
      ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
      DEFAULT_EXPORT_TIMEOUT_MS,
    ),
    serviceName: readServiceName(env),
    enabled: value(env, "OTEL_SDK_DISABLED")?.toLowerCase() !== "true",
    directory: value(env, "TALKTRACE_DIRECTORY") ?? "conversations",
    textLog: readSwitch(env, "TALKTRACE_TEXT_LOG", false),
    console: readSwitch(env, "TALKTRACE_CONSOLE", true),
  };
}

/** The specification gives the signal's own variable as it is, and appends a path to the common one. */
function readTracesUrl(env: NodeJS.ProcessEnv): string | undefined {
  if (value(env, "OTEL_TRACES_EXPORTER") === "none") return undefined;
  const own = value(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (own !== undefined) return checkUrl("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own);
  const common = value(env, "OTEL_EXPORTER_OTLP_ENDPOINT") ?? DEFAULT_OTLP_ENDPOINT;
  return checkUrl("OTEL_EXPORTER_OTLP_ENDPOINT", `${common.replace(/\/+$/, "")}/v1/traces`);
}

function checkUrl(name: string, url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new RangeError(
      `Cannot use ${name} "${url}": not an http or https URL; set e.g. ${DEFAULT_OTLP_ENDPOINT}`,
    );
  }
  return url;
}

function readServiceName(env: NodeJS.ProcessEnv): string {
  const own = value(env, "OTEL_SERVICE_NAME");
  if (own !== undefined) return own;
  const pair = /(?:^|,)\s*service\.name=([^,]+)/.exec(value(env, "OTEL_RESOURCE_ATTRIBUTES") ?? "");
  return pair?.[1] === undefined ? "voice-agent" : decodeURIComponent(pair[1].trim());
}

function readMilliseconds(env: NodeJS.ProcessEnv, names: string[], byDefault: number): number {
  for (const name of names) {
    const given = value(env, name);
    if (given === undefined) continue;
    const milliseconds = Number(given);
    if (!(milliseconds > 0)) {
      throw new RangeError(`Cannot use ${name} "${given}": not a number of milliseconds above 0`);
    }
    return milliseconds;
  }
  return byDefault;
}

function readSwitch(env: NodeJS.ProcessEnv, name: string, byDefault: boolean): boolean {
  const given = value(env, name)?.toLowerCase();
  if (given === undefined) return byDefault;
  if (["1", "true", "yes", "on"].includes(given)) return true;
  if (["0", "false", "no", "off"].includes(given)) return false;
  throw new RangeError(`Cannot use ${name} "${given}": expected "1" or "0"`);
}

/** An empty variable counts as not set, as the OpenTelemetry specification has it. */
function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const given = env[name]?.trim();
  return given === undefined || given === "" ? undefined : given;
}
