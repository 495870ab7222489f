import type { OtlpSender, Verdict } from "./otlp-sender.js";
import { encodeRequest } from "../spool/span-json.js";
import type { WaitingSpan } from "../spool/spool-file.js";
import type { Spool, SpoolBatch } from "../spool/spool.js";
import { FORWARDER_LIMITS } from "./forwarder.js";

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
export function placeOf({ file }: SpoolBatch, end: number): string {
  return `${file.name.createdMs}-${file.name.lane}-${end}`;
}

/**
 * Sends another span than the one that was refused, and gives the endpoint's verdict on it;
 * undefined when there is none behind it that was not delivered already.
 *
 * @param turn which of them: the next one may be as bad.
 */
export async function compareWithAnother(
  { file }: SpoolBatch,
  suspect: WaitingSpan,
  turn: number,
  { spool, sender, sentAhead }: { spool: Spool; sender: OtlpSender; sentAhead: SentAhead },
): Promise<Verdict | undefined> {
  const batch = await spool.next(FORWARDER_LIMITS.batchSize);
  if (batch === undefined || batch.file !== file) return undefined;
  const others = batch.spans.filter(({ end }) => end > suspect.end && !sentAhead.has(batch, end));
  const other = others[turn % others.length];
  if (other === undefined) return undefined;
  const verdict = await sender.send(encodeRequest([other]));
  if (verdict.outcome === "accepted") sentAhead.add(batch, other.end);
  return verdict;
}
