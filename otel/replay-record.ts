import type { Conversation } from "../src/record/index.js";
import type { OtlpSender } from "./forward/otlp-sender.js";
import { FORWARDER_LIMITS } from "./forward/forwarder.js";
import { sendSpans } from "./forward/send-spans.js";
import { makeRecordSpans } from "./record-spans.js";
import { encodeRequest, encodeSpan } from "./spool/span-json.js";

/** Bodies of requests of OTLP/JSON with the spans of a record, 64 spans each at most. Pure. */
export function* encodeRecord(conversation: Conversation, serviceName: string): Generator<Buffer> {
  for (const batch of listBatches(conversation, serviceName)) yield encodeRequest(batch);
}

/** What became of the spans of a record. */
export interface ReplayReport {
  /** How many spans the endpoint took. */
  sent: number;
  /** Why it took no more; undefined if it took all. */
  problem: string | undefined;
}

/** Sends the spans of a record, once. A batch that the endpoint does not take ends it. Never rejects. */
export async function replayRecord(
  conversation: Conversation,
  serviceName: string,
  sender: OtlpSender,
): Promise<ReplayReport> {
  let sent = 0;
  for (const batch of listBatches(conversation, serviceName)) {
    const verdict = await sendSpans(sender, batch);
    if (verdict.outcome !== "accepted") return { sent, problem: verdict.why };
    sent += batch.length;
  }
  return { sent, problem: undefined };
}

function* listBatches(
  conversation: Conversation,
  serviceName: string,
): Generator<{ resource: string; body: Uint8Array }[]> {
  const spans = makeRecordSpans(conversation, serviceName);
  for (let at = 0; at < spans.length; at += FORWARDER_LIMITS.batchSize)
    yield spans
      .slice(at, at + FORWARDER_LIMITS.batchSize)
      .map(encodeSpan)
      .map(({ resource, body }) => ({ resource: resource.json, body }));
}
