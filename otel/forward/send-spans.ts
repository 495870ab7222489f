import { encodeRequest } from "../spool/span-json.js";
import { encodeProtobuf } from "./encode-protobuf.js";
import type { OtlpSender } from "./otlp-sender.js";
import type { Verdict } from "./verdict.js";

/** Sends spans in one request, encoded as the endpoint wants them. Never rejects. */
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
    // As an endpoint would refuse it: then a smaller batch finds the span that is at fault.
    return { outcome: "refused", why: `no protobuf can be made of it: ${String(error)}` };
  }
  return sender.send(body);
}
