import type { Spool } from "../spool/spool.js";
import type { EndpointState } from "./endpoint-state.js";
import type { MemoryQueue } from "./memory-queue.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createRejectedSpan, suspectInMemory, suspectOnDisk } from "./rejected-span.js";
import { sendSpans } from "./send-spans.js";
import { type Failure, type Verdict, isRefusal } from "./verdict.js";

export interface SendNextOptions {
  spool: Spool;
  queue: MemoryQueue;
  sender: OtlpSender;
  endpoint: EndpointState;
  maxRequestBytes: number;
  isClosed: () => boolean;
}

/**
 * Sends the next batch: from disk first, or from memory if the disk has none. Returns whether to
 * continue at once.
 */
export function createSendNext(options: SendNextOptions): () => Promise<boolean> {
  const { spool, queue, sender, endpoint, maxRequestBytes, isClosed } = options;
  const rejected = createRejectedSpan({ sender, endpoint, isClosed });

  async function sendBatch(): Promise<boolean> {
    const batch = await spool.next(endpoint.batchSize());
    if (batch === undefined) return sendFromMemory();
    const spans = batch.spans.filter(({ end }) => !batch.file.sentAhead.has(end));
    const verdict: Verdict =
      spans.length === 0 ? { outcome: "accepted" } : await sendSpans(sender, spans);
    if (verdict.outcome === "accepted") {
      spool.markSent(batch);
      endpoint.noteSent(spans.length);
      return true;
    }
    const [first] = spans;
    if (spans.length > 1 || first === undefined || isClosed() || !isRefusal(verdict))
      return retryLater(verdict, spans.length);
    return rejected.isolate(suspectOnDisk(spool, batch, first), verdict);
  }

  async function sendFromMemory(): Promise<boolean> {
    const spans = queue.take(endpoint.batchSize(), maxRequestBytes);
    const [first] = spans;
    if (first === undefined) return false;
    const verdict = await sendSpans(
      sender,
      spans.map(({ resource, body }) => ({ resource: resource.json, body })),
    );
    if (verdict.outcome === "accepted") {
      queue.settle(spans);
      spool.settle(spans);
      endpoint.noteSent(spans.length);
      return true;
    }
    if (spans.length > 1 || isClosed() || !isRefusal(verdict)) {
      queue.putBack(spans);
      return retryLater(verdict, spans.length);
    }
    return rejected.isolate(suspectInMemory(spool, queue, first), verdict);
  }

  function retryLater(failure: Failure, spanCount: number): boolean {
    if (isClosed()) return false;
    if (!isRefusal(failure)) {
      endpoint.noteFailure(failure);
      return false;
    }
    // One span may spoil the batch, or the endpoint refuses everything. Smaller batches show which.
    endpoint.shrinkBatch(spanCount);
    return true;
  }

  return async () => {
    try {
      return await sendBatch();
    } finally {
      spool.releaseBatch();
    }
  };
}
