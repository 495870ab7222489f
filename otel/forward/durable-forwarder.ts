import { SPOOL_LIMITS, type SpoolLimits } from "../spool/limits.js";
import type { SpanForwarder } from "./forwarder.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createSpanForwarder } from "./span-forwarder.js";

export interface DurableForwarderOptions {
  /** The folder of what waits; any number of processes may share it. */
  directory: string;
  sender: OtlpSender;
  /** Where it sends to; for the lines that say so. */
  url: string;
  /**
   * `once answered`: nothing goes to disk before the endpoint has taken spans, which is right for one
   * that nobody asked for. Default: `always`.
   */
  diskUse?: "always" | "once answered";
  /** Gets a line when the endpoint is lost, when it is back, and for what is dropped. Default: stderr. */
  report?: (line: string) => void;
  limits?: Partial<SpoolLimits>;
}

/**
 * Forwards spans by way of a folder: a span is on disk when `forward()` returns, and leaves it when
 * the endpoint has given a valid OTLP answer that rejects none. What waits is sent in order when
 * the endpoint is back, also by the next process. What the disk does not take waits in memory, to
 * be sent from there or written down later, whatever works first. No method throws.
 */
export function createDurableForwarder(options: DurableForwarderOptions): SpanForwarder {
  const { diskUse = "always", directory, sender, url, report } = options;
  const limits = { ...SPOOL_LIMITS, ...options.limits };
  return createSpanForwarder({ diskUse, directory, sender, url, report, limits });
}
