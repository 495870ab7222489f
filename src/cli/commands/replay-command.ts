import { InvalidArgumentError, Option } from "commander";
import { appendPath } from "../../../otel/forward/endpoint-url.js";
import { readTelemetrySettings } from "../../../otel/settings.js";
import { showUrl } from "../../platform/url-secrets.js";
import { type CallChoice, chooseCalls } from "../choose-calls.js";
import { type CommandRun, defineCommand } from "../run-command.js";
import { parseHttpUrl } from "./open-command.js";

interface ReplayOptions extends CallChoice {
  endpoint?: string;
}

/** The spans that were sent again. */
export interface ReplayAnswer {
  /** The endpoint, without secrets. */
  url: string;
  calls: ReplayedCall[];
}

export interface ReplayedCall {
  name: string;
  trace_id?: string;
  /** How many spans the endpoint took. */
  spans: number;
}

export const replayCommand = defineCommand<ReplayOptions, ReplayAnswer>({
  options: [
    new Option(
      "--endpoint <url>",
      "where an OTLP endpoint listens, e.g. http://localhost:4318 (default: as OTEL_EXPORTER_OTLP_ENDPOINT says)",
    ).argParser(parseHttpUrl),
    new Option("--query <query>", "all calls that fit, e.g. 'finding:bad since:7d'"),
    new Option("--since <time>", "all calls since then, e.g. 7d, 2h, today"),
    new Option("--all", "all calls"),
  ],
  readsSource: true,
  examples: ["talktrace replay conversation_20260101_090000 --endpoint http://localhost:4318"],
  async answer(source, options, run) {
    const target = findTarget(options.endpoint, run);
    // It is loaded here, because the other commands do not need OpenTelemetry.
    const [{ createOtlpSender }, { replayRecord }] = await Promise.all([
      import("../../../otel/forward/otlp-sender.js"),
      import("../../../otel/replay-record.js"),
    ]);
    const sender = createOtlpSender(target.url, target.timeoutMs, { protocol: target.protocol });
    const url = showUrl(target.url);
    const calls: ReplayedCall[] = [];
    try {
      for await (const { name, conversation } of chooseCalls(source, options, run)) {
        const { session } = conversation;
        const { sent, problem } = await replayRecord(
          conversation,
          session.agent_name || session.agent || target.serviceName,
          sender,
        );
        if (problem !== undefined)
          throw new Error(
            `Cannot send "${name}" to ${url}: ${problem}; ${sent} of its spans were taken, ${calls.length} calls before it whole`,
          );
        const { trace_id } = session;
        calls.push({ name, ...(trace_id !== undefined && { trace_id }), spans: sent });
      }
    } finally {
      sender.close();
    }
    if (calls.length === 0) throw new Error("Nothing was sent: there is no such call");
    return { url, calls };
  },
  toText: ({ url, calls }) =>
    calls
      .map(({ name, trace_id, spans }) =>
        `${name}  ${spans} spans to ${url}  ${trace_id ?? ""}`.trimEnd(),
      )
      .join("\n"),
});

/** @throws {InvalidArgumentError} if no endpoint is named */
function findTarget(endpoint: string | undefined, run: Pick<CommandRun, "report">) {
  const settings = readTelemetrySettings(process.env, run.report);
  const url = endpoint === undefined ? settings.tracesUrl : toTracesUrl(endpoint);
  if (url === undefined)
    throw new InvalidArgumentError("The settings name no endpoint; give one with --endpoint.");
  const { exportTimeoutMs: timeoutMs, tracesProtocol: protocol, serviceName } = settings;
  return { url, timeoutMs, protocol, serviceName };
}

/** An endpoint takes spans at `/v1/traces`, whether it is named with this path or without. */
function toTracesUrl(endpoint: string): string {
  return new URL(endpoint).pathname.replace(/\/$/, "").endsWith("/v1/traces")
    ? endpoint
    : appendPath(endpoint, "v1/traces");
}
