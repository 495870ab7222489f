import type { RawData } from "ws";

/** The bytes of a websocket message, however the library holds them. */
export function readMessage(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
