import type { Spool } from "../spool/spool.js";
import type { EndpointState } from "./endpoint-state.js";
import type { MemoryQueue } from "./memory-queue.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createRejectedSpan, createSentAhead } from "./rejected-span.js";
import { sendSpans } from "./send-spans.js";
import { type Verdict, isRefusal } from "./verdict.js";

export interface SendNextOptions {
  spool: Spool;
  queue: MemoryQueue;
  sender: OtlpSender;
  endpoint: EndpointState;
  maxRequestBytes: number;
  isClosed: () => boolean;
}

/**
 * Sends the next batch, from disk first and from memory where the disk has none. The result says
 * whether there is reason to go on at once.
 */
export function createSendNext(options: SendNextOptions): () => Promise<boolean> {
  const { spool, queue, sender, endpoint, maxRequestBytes, isClosed } = options;
  const sentAhead = createSentAhead();
  const rejected = createRejectedSpan({ spool, sender, sentAhead, endpoint });

  async function sendBatch(): Promise<boolean> {
    const batch = await spool.next(endpoint.batchSize());
    if (batch === undefined) return sendFromMemory();
    const spans = batch.spans.filter(({ end }) => !sentAhead.remove(batch, end));
    const verdict: Verdict =
      spans.length === 0 ? { outcome: "accepted" } : await sendSpans(sender, spans);
    if (verdict.outcome === "accepted") {
      spool.markSent(batch);
      endpoint.noteSent(spans.length);
      return true;
    }
    for (const span of batch.spans) if (!spans.includes(span)) sentAhead.add(batch, span.end);
    if (isClosed()) return false;
    if (!isRefusal(verdict)) {
      endpoint.noteFailure(verdict);
      return false;
    }
    const [first] = spans;
    if (spans.length === 1 && first !== undefined) return rejected.isolate(batch, first, verdict);
    // One span may spoil the batch, or the endpoint refuses everything: smaller batches tell.
    endpoint.shrinkBatch(spans.length);
    return true;
  }

  async function sendFromMemory(): Promise<boolean> {
    const spans = queue.take(endpoint.batchSize(), maxRequestBytes);
    if (spans.length === 0) return false;
    const verdict = await sendSpans(
      sender,
      spans.map(({ resource, body }) => ({ resource: resource.json, body })),
    );
    if (verdict.outcome === "accepted") {
      spool.settle(spans);
      endpoint.noteSent(spans.length);
      return true;
    }
    queue.putBack(spans);
    if (isClosed()) return false;
    if (isRefusal(verdict) && spans.length > 1) {
      endpoint.shrinkBatch(spans.length);
      return true;
    }
    // If the endpoint refuses this span only, the others need not wait for it.
    if (isRefusal(verdict)) queue.postpone();
    endpoint.noteFailure(verdict);
    return false;
  }

  return async () => {
    try {
      return await sendBatch();
    } finally {
      spool.releaseBatch();
    }
  };
}
