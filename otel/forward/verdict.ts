/**
 * What became of one request.
 *
 * - `accepted`: a valid OTLP answer that rejects no span.
 * - `refused`: an answer to just this request; another one may fare better.
 * - `unavailable`: no answer, or one that says nothing about the request.
 */
export type Verdict =
  | { outcome: "accepted" }
  | {
      outcome: "refused" | "unavailable";
      why: string;
      /** How long the endpoint asked to be left alone; at most `MAX_RETRY_AFTER_MS`. */
      retryAfterMs?: number;
    };

/** A verdict that is not `accepted`. */
export type Failure = Exclude<Verdict, { outcome: "accepted" }>;

/** Whether the endpoint refused just this request, and did not ask to be left alone. */
export function isRefusal({ outcome, retryAfterMs }: Failure): boolean {
  return outcome === "refused" && retryAfterMs === undefined;
}
