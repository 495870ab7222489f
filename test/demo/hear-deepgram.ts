import { WebSocket } from "ws";

/** What the plugin asks for, as a query. */
export const PLUGIN_QUERY: Record<string, string> = {
  model: "nova-3",
  punctuate: "true",
  smart_format: "true",
  no_delay: "true",
  interim_results: "true",
  encoding: "linear16",
  vad_events: "true",
  sample_rate: "16000",
  channels: "1",
  endpointing: "25",
  language: "multi",
  mip_opt_out: "false",
};

export interface DeepgramMessage {
  type: string;
  is_final?: boolean;
  speech_final?: boolean;
  start?: number;
  duration?: number;
  channel?: {
    alternatives: {
      transcript: string;
      confidence: number;
      languages?: string[];
      words: { word: string; punctuated_word: string; start: number; end: number }[];
    }[];
  };
  metadata?: { request_id: string };
}

export function listenUrl(base: string, changes: Record<string, string | undefined> = {}): string {
  const url = new URL(`${base}/v1/listen`);
  for (const [name, value] of Object.entries({ ...PLUGIN_QUERY, ...changes })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

/** The HTTP status of a refused handshake, or the close code of an accepted and ended one. */
export function connectionFate(
  url: string,
  headers: Record<string, string>,
  first?: string | Buffer,
): Promise<{ status?: number; body?: string; code?: number; reason?: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers });
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    socket.on("open", () => {
      if (first !== undefined) socket.send(first);
    });
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    socket.on("error", reject);
  });
}

/** Sends samples in pieces of 100 ms as fast as they go, and returns all that comes back. */
export function transcribeSamples(
  url: string,
  apiKey: string,
  samples: Int16Array,
): Promise<DeepgramMessage[]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers: { Authorization: `Token ${apiKey}` } });
    const messages: DeepgramMessage[] = [];
    socket.on("open", () => {
      for (let at = 0; at < samples.length; at += 1600) {
        const piece = samples.subarray(at, at + 1600);
        socket.send(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      }
      socket.send(JSON.stringify({ type: "CloseStream" }));
    });
    socket.on("message", (data: Buffer) =>
      messages.push(JSON.parse(data.toString()) as DeepgramMessage),
    );
    socket.on("close", () => resolve(messages));
    socket.on("error", reject);
  });
}

export function finalsOf(messages: readonly DeepgramMessage[]): string[] {
  return messages
    .filter((message) => message.type === "Results" && message.is_final === true)
    .map((message) => message.channel?.alternatives[0]?.transcript ?? "(none)");
}

/** Sounds one after the other, with silence of the given seconds before, between and after. */
export function joinSounds(
  sounds: readonly Int16Array[],
  silence_s: number,
  sampleRate = 16_000,
): Int16Array {
  const gap = Math.round(silence_s * sampleRate);
  const total = sounds.reduce((sum, sound) => sum + sound.length + gap, gap);
  const joined = new Int16Array(total);
  let at = gap;
  for (const sound of sounds) {
    joined.set(sound, at);
    at += sound.length + gap;
  }
  return joined;
}
