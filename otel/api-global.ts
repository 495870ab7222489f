import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type DiagLogFunction, DiagLogLevel, diag } from "@opentelemetry/api";
import { messageOf } from "../src/platform/message-of.js";
import { findGlobal } from "./spans/find-global.js";

/** Why a provider could not be registered, though nobody registered one. */
export function describeApiVersions(): string {
  const found = findGlobal()?.version ?? "unknown";
  return (
    `Spans of others may be missing from the traces: version ${found} of @opentelemetry/api was ` +
    `loaded before version ${readApiVersion()}, and OpenTelemetry allows one. The record is not ` +
    "affected; see `npm ls @opentelemetry/api`, and have one version of it"
  );
}

function readApiVersion(): string {
  try {
    const main = createRequire(import.meta.url).resolve("@opentelemetry/api");
    const json = readFileSync(join(dirname(main), "../../package.json"), "utf8");
    return String((JSON.parse(json) as { version?: unknown }).version);
  } catch {
    return "unknown";
  }
}

/** Somebody has a context manager or a propagator already, which serves as well. */
const HARMLESS = /Attempted duplicate registration of API: (?:context|propagation)/;

/**
 * Has each complaint of the SDK reported in one line, once. A logger that somebody else has set stays
 * as it is, and so does the one that the SDK sets for `OTEL_LOG_LEVEL`. The result undoes it.
 */
export function reportDiagnostics(report: (line: string) => void): () => void {
  if (process.env["OTEL_LOG_LEVEL"] || findGlobal()?.diag !== undefined) return () => undefined;
  const told = new Set<string>();
  const tell: DiagLogFunction = (message, ...more) => {
    const line = ["OpenTelemetry:", message, ...more].map(describe).join(" ");
    if (HARMLESS.test(line) || told.has(line) || told.size >= MAX_LINES) return;
    told.add(line);
    report(line);
  };
  const silent: DiagLogFunction = () => undefined;
  const logger = { error: tell, warn: tell, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  return () => diag.disable();
}

/** A fault that repeats itself with other numbers must not fill a log. */
const MAX_LINES = 100;

function describe(part: unknown): string {
  return messageOf(part).split("\n", 1)[0] ?? "";
}
