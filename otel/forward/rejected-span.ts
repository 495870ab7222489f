import type { WaitingSpan } from "../spool/spool-file.js";
import type { Spool, SpoolBatch } from "../spool/spool.js";
import type { EndpointState } from "./endpoint-state.js";
import { FORWARDER_LIMITS } from "./forwarder.js";
import type { OtlpSender } from "./otlp-sender.js";
import { sendSpans } from "./send-spans.js";
import type { Failure, Verdict } from "./verdict.js";

/**
 * How often in a row the endpoint has to refuse a span, and accept another each time, before that
 * span is given up: an endpoint that changes its mind in between must cost none.
 */
const REFUSALS = 5;

/** Spans that were delivered before those in front of them. */
export interface SentAhead {
  add(batch: SpoolBatch, end: number): void;
  has(batch: SpoolBatch, end: number): boolean;
  /** Whether it was among them; it is no more. */
  remove(batch: SpoolBatch, end: number): boolean;
}

export function createSentAhead(): SentAhead {
  const places = new Set<string>();
  return {
    add: (batch, end) => void places.add(placeOf(batch, end)),
    has: (batch, end) => places.has(placeOf(batch, end)),
    remove: (batch, end) => places.delete(placeOf(batch, end)),
  };
}

/** By file and place in it. */
function placeOf({ file }: SpoolBatch, end: number): string {
  return `${file.name.createdMs}-${file.name.lane}-${end}`;
}

export interface RejectedSpanOptions {
  spool: Spool;
  sender: OtlpSender;
  sentAhead: SentAhead;
  endpoint: EndpointState;
}

/** Decides what a refusal of one span means: the span is at fault, or the endpoint is. */
export interface RejectedSpan {
  /** Whether there is reason to go on at once. */
  isolate(batch: SpoolBatch, span: WaitingSpan, refusal: Failure): Promise<boolean>;
}

/**
 * The endpoint is at fault unless it accepts another span at the same time. A span that is refused
 * `REFUSALS` times while others are accepted is dropped.
 */
export function createRejectedSpan(options: RejectedSpanOptions): RejectedSpan {
  const { spool, endpoint } = options;
  let suspect = { place: "", turn: 0, refusals: 0 };

  return {
    async isolate(batch, span, refusal) {
      const place = placeOf(batch, span.end);
      if (suspect.place !== place) suspect = { place, turn: 0, refusals: 0 };
      const verdict = await compareWithAnother(batch, span, suspect.turn, options);
      suspect.turn += 1;
      // Behind the spans of a newer file there may be something to compare it with.
      if (verdict === undefined && spool.requeue(batch, span)) return true;
      if (verdict?.outcome !== "accepted") {
        endpoint.noteFailure(verdict ?? refusal);
        return false;
      }
      endpoint.noteSent(1);
      suspect.refusals += 1;
      if (suspect.refusals < REFUSALS) {
        endpoint.pause(FORWARDER_LIMITS.retryDelayMs * suspect.refusals);
        return false;
      }
      spool.markSent(batch);
      endpoint.drop(1, `the endpoint takes others but not "${nameOf(span)}" (${refusal.why})`);
      return true;
    },
  };
}

/**
 * Sends another span than the one that was refused, and gives the endpoint's verdict on it;
 * undefined when no span behind it is left to send.
 *
 * @param turn Which of them: the next one may be as bad.
 */
async function compareWithAnother(
  { file }: SpoolBatch,
  suspect: WaitingSpan,
  turn: number,
  { spool, sender, sentAhead }: RejectedSpanOptions,
): Promise<Verdict | undefined> {
  const batch = await spool.next(FORWARDER_LIMITS.batchSize);
  if (batch === undefined || batch.file !== file) return undefined;
  const others = batch.spans.filter(({ end }) => end > suspect.end && !sentAhead.has(batch, end));
  const other = others[turn % others.length];
  if (other === undefined) return undefined;
  const verdict = await sendSpans(sender, [other]);
  if (verdict.outcome === "accepted") sentAhead.add(batch, other.end);
  return verdict;
}

function nameOf({ body }: WaitingSpan): string {
  return /"name":"((?:[^"\\]|\\.)*)","kind"/.exec(body.toString("utf8"))?.[1] ?? "a span";
}
