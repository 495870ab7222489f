import { SPOOL_LIMITS, type SpoolLimits } from "../spool/limits.js";
import type { SpanForwarder } from "./forwarder.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createSpanForwarder } from "./span-forwarder.js";

export interface MemoryForwarderOptions {
  sender: OtlpSender;
  /** The endpoint, as reports name it. */
  url: string;
  /**
   * Called with a line when the endpoint is lost, when it is back, and for dropped spans. Default:
   * stderr.
   */
  report?: (line: string) => void;
  limits?: Partial<Pick<SpoolLimits, "maxHeldBytes" | "maxRequestBytes" | "maxSpanBytes">>;
}

/**
 * Forwards spans from memory, for users who want no spans on their disk. At most
 * `FORWARDER_LIMITS.queueSize` spans and `maxHeldBytes` wait for the endpoint. Beyond that the oldest
 * is dropped and counted. Spans that wait when the process ends are lost. No method throws.
 */
export function createMemoryForwarder(options: MemoryForwarderOptions): SpanForwarder {
  const { sender, url, report } = options;
  const limits = { ...SPOOL_LIMITS, ...options.limits };
  return createSpanForwarder({ diskUse: "never", directory: "", sender, url, report, limits });
}
