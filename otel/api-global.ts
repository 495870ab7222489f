import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type DiagLogFunction, DiagLogLevel, diag } from "@opentelemetry/api";
import { messageOf } from "../src/platform/message-of.js";
import { findGlobal } from "./spans/find-global.js";

/** Explains why the SDK could not register its provider although nobody else registered one. */
export function describeApiVersions(): string {
  const found = findGlobal()?.version ?? "unknown";
  return (
    `Spans of others may be missing from the traces: version ${found} of @opentelemetry/api was ` +
    `loaded before version ${readApiVersion()}, and OpenTelemetry allows one. The record is not ` +
    "affected; see `npm ls @opentelemetry/api`, and have one version of it"
  );
}

function readVersion(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const { name, version } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  return name === "@opentelemetry/api" ? String(version) : undefined;
}

function readApiVersion(): string {
  try {
    let folder = dirname(createRequire(import.meta.url).resolve("@opentelemetry/api"));
    // Each version has its main file in another folder. A folder of a build may have a package.json of
    // its own.
    for (;;) {
      const version = readVersion(join(folder, "package.json"));
      if (version !== undefined) return version;
      if (dirname(folder) === folder) return "unknown";
      folder = dirname(folder);
    }
  } catch {
    return "unknown";
  }
}

/** Complaints that another context manager or propagator is registered, which works as well. */
const HARMLESS = /Attempted duplicate registration of API: (?:context|propagation)/;

/**
 * Reports each complaint of the SDK in one line, once. A logger that somebody else set stays, and so
 * does the SDK's own logger for `OTEL_LOG_LEVEL`. The result undoes this.
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

/** A fault that repeats with other numbers must not fill a log. */
const MAX_LINES = 100;

function describe(part: unknown): string {
  return messageOf(part).split("\n", 1)[0] ?? "";
}
