import { SPOOL_LIMITS, type SpoolLimits } from "../spool/limits.js";
import type { SpanForwarder } from "./forwarder.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createSpanForwarder } from "./span-forwarder.js";

export interface DurableForwarderOptions {
  /** The folder of waiting spans. Any number of processes may share it. */
  directory: string;
  sender: OtlpSender;
  /** The endpoint, as reports name it. */
  url: string;
  /**
   * `once answered`: nothing goes to disk before the endpoint has taken spans. This suits an endpoint
   * that no setting asked for. Default: `always`.
   */
  diskUse?: "always" | "once answered";
  /**
   * Called with a line when the endpoint is lost, when it is back, and for dropped spans. Default:
   * stderr.
   */
  report?: (line: string) => void;
  limits?: Partial<SpoolLimits>;
}

/**
 * Forwards spans through a folder.
 *
 * - A span is on disk when `forward()` returns. It leaves the disk when the endpoint gave a valid OTLP
 *   answer that rejects none.
 * - Waiting spans are sent in order when the endpoint is back, if necessary by the next process.
 * - Spans that the disk does not take wait in memory. They are sent or written, whichever works first.
 *
 * No method throws.
 */
export function createDurableForwarder(options: DurableForwarderOptions): SpanForwarder {
  const { diskUse = "always", directory, sender, url, report } = options;
  const limits = { ...SPOOL_LIMITS, ...options.limits };
  return createSpanForwarder({ diskUse, directory, sender, url, report, limits });
}
