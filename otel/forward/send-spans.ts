import { encodeRequest } from "../spool/span-json.js";
import { encodeProtobuf } from "./encode-protobuf.js";
import type { OtlpSender } from "./otlp-sender.js";
import type { Verdict } from "./verdict.js";

/** Sends spans in one request, in the endpoint's encoding. Never rejects. */
export async function sendSpans(
  sender: OtlpSender,
  spans: readonly { resource: string; body: Uint8Array }[],
): Promise<Verdict> {
  const request = encodeRequest(spans);
  if (sender.protocol !== "http/protobuf") return sender.send(request);
  let body: Buffer;
  try {
    body = encodeProtobuf(request);
  } catch (error) {
    // It counts as a refusal by the endpoint. So smaller batches find the span at fault.
    return { outcome: "refused", why: `no protobuf can be made of it: ${String(error)}` };
  }
  return sender.send(body);
}
