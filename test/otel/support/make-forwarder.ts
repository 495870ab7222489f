import { onTestFinished } from "vitest";
import {
  type OtlpSender,
  type SpoolLimits,
  createDurableForwarder,
  createOtlpSender,
} from "../../../otel/index.js";

/** A forwarder as the bootstrap makes it, that gives a request half a second. */
export function makeForwarder(
  directory: string,
  url: string,
  limits: Partial<SpoolLimits> = {},
  sender: OtlpSender = createOtlpSender(`${url}/v1/traces`, 500),
) {
  const lines: string[] = [];
  const report = (line: string): void => void lines.push(line);
  const forwarder = createDurableForwarder({
    directory,
    sender,
    url,
    report,
    limits,
  });
  onTestFinished(() => forwarder.shutdown());
  return { lines, ...forwarder };
}
