import type { ImportFormatFacts } from "../import-format.js";

/** What differs between LiveKit's SDKs under the same names. */
export interface LivekitDialect extends ImportFormatFacts {
  /** The name in `latency.measured_by`. */
  measuredBy: string;
  /** How many milliseconds one unit of a delay on `user_turn` is; undefined if nothing tells. */
  delayUnitMs: number | undefined;
}
