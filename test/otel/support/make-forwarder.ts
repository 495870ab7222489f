import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { onTestFinished } from "vitest";
import {
  type SpoolLimits,
  createDurableForwarder,
  createForwarder,
  createOtlpSender,
} from "../../../otel/index.js";

/** A forwarder as the bootstrap makes it, that gives a request half a second. */
export function makeForwarder(directory: string, url: string, limits: Partial<SpoolLimits> = {}) {
  const lines: string[] = [];
  const report = (line: string): void => void lines.push(line);
  const tracesUrl = `${url}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url: tracesUrl, timeoutMillis: 500 });
  const forwarder = createDurableForwarder({
    directory,
    sender: createOtlpSender(tracesUrl, 500),
    url,
    fallback: createForwarder({ exporter, url, report }),
    report,
    limits,
  });
  onTestFinished(() => forwarder.shutdown());
  return { lines, ...forwarder };
}
