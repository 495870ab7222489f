/**
 * The result of one request.
 *
 * - `accepted`: a valid OTLP answer that rejects no span.
 * - `refused`: the endpoint refused this request; another one may be accepted.
 * - `unavailable`: no answer, or one that says nothing about the request.
 */
export type Verdict =
  | { outcome: "accepted" }
  | {
      outcome: "refused" | "unavailable";
      why: string;
      /** The pause that the endpoint asked for, at most `MAX_RETRY_AFTER_MS`. */
      retryAfterMs?: number;
    };

/** A verdict that is not `accepted`. */
export type Failure = Exclude<Verdict, { outcome: "accepted" }>;

/** Whether the endpoint refused this very request, and did not ask for a pause. */
export function isRefusal({ outcome, retryAfterMs }: Failure): boolean {
  return outcome === "refused" && retryAfterMs === undefined;
}
