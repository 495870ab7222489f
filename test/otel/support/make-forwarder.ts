import { onTestFinished } from "vitest";
import {
  type OtlpSender,
  type SpoolLimits,
  createDurableForwarder,
  createMemoryForwarder,
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

/** Where spans wait: each kind of forwarder sends, judges and reports the same. */
export type Kind = "disk" | "memory";

/** A forwarder of either kind, as the bootstrap makes it with `TALKTRACE_SPOOL=1` or `0`. */
export function makeForwarderOf(
  kind: Kind,
  directory: string,
  url: string,
  sender: OtlpSender = createOtlpSender(`${url}/v1/traces`, 500),
) {
  if (kind === "disk") return makeForwarder(directory, url, {}, sender);
  const lines: string[] = [];
  const report = (line: string): void => void lines.push(line);
  const forwarder = createMemoryForwarder({ sender, url, report });
  onTestFinished(() => forwarder.shutdown());
  return { lines, ...forwarder };
}
