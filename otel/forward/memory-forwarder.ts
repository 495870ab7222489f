import { SPOOL_LIMITS, type SpoolLimits } from "../spool/limits.js";
import type { SpanForwarder } from "./forwarder.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createSpanForwarder } from "./span-forwarder.js";

export interface MemoryForwarderOptions {
  sender: OtlpSender;
  /** Where it sends to; for the lines that say so. */
  url: string;
  /** Gets a line when the endpoint is lost, when it is back, and for what is dropped. Default: stderr. */
  report?: (line: string) => void;
  limits?: Partial<Pick<SpoolLimits, "maxHeldBytes" | "maxRequestBytes" | "maxSpanBytes">>;
}

/**
 * Forwards spans from memory, for those who want none on their disk. What the endpoint does not take
 * waits, at most `FORWARDER_LIMITS.queueSize` spans and `maxHeldBytes`; beyond that the oldest is
 * dropped, and counted. What waits when the process ends is lost. No method throws.
 */
export function createMemoryForwarder(options: MemoryForwarderOptions): SpanForwarder {
  const { sender, url, report } = options;
  const limits = { ...SPOOL_LIMITS, ...options.limits };
  return createSpanForwarder({ diskUse: "never", directory: "", sender, url, report, limits });
}
