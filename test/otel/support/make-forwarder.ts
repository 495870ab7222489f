import { onTestFinished } from "vitest";
import { type SpoolLimits, createDurableForwarder, createOtlpSender } from "../../../otel/index.js";

/** A forwarder as the bootstrap makes it, that gives a request half a second. */
export function makeForwarder(directory: string, url: string, limits: Partial<SpoolLimits> = {}) {
  const lines: string[] = [];
  const report = (line: string): void => void lines.push(line);
  const tracesUrl = `${url}/v1/traces`;
  const forwarder = createDurableForwarder({
    directory,
    sender: createOtlpSender(tracesUrl, 500),
    url,
    report,
    limits,
  });
  onTestFinished(() => forwarder.shutdown());
  return { lines, ...forwarder };
}
