import type { IncomingMessage, ServerResponse } from "node:http";
import { text as readText } from "node:stream/consumers";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { StandIn } from "./deepgram.js";
import { listenOnLoopback } from "./listen-on-loopback.js";
import { readMessage } from "./read-message.js";
import { readBytesRequest, readCartesiaRequest, type Generation } from "./read-cartesia-request.js";
import { refuseUpgrade } from "./refuse-upgrade.js";
import { speakInTones } from "./speak-in-tones.js";
import {
  createSynthesisContext,
  type Synthesised,
  type SynthesisContext,
} from "./synthesis-context.js";

/** A fault of a synthesis. */
export interface CartesiaFault {
  /** The texts that cause it. */
  transcript: RegExp;
  /** `error`: a message of status 500. `drop`: the connection breaks. `hang`: nothing more comes. */
  kind: "error" | "drop" | "hang";
  /** After how many seconds of the context's audio it happens. Default 0, before the first audio. */
  afterAudio_s?: number;
  /** For how many contexts it happens. Default 1, so a retry succeeds. */
  times?: number;
}

export interface CartesiaStandInOptions {
  apiKey: string;
  /** From a text to its first audio, in real milliseconds. May be changed between texts. */
  firstByteDelayMs: number;
  /** Called when audio is sent, in milliseconds of `performance.now()`. */
  onAudio?: (sentMs: number) => void;
  /** How many seconds of speech are made in a real second. Default 8. */
  synthesisSpeed?: number;
  faults?: readonly CartesiaFault[];
}

interface OpenContext {
  synthesis: SynthesisContext;
  fault: CartesiaFault | undefined;
  hasText: boolean;
}

/** Serves Cartesia's `/tts/websocket` and `POST /tts/bytes`. Its voice is one tone for each word. */
export async function startCartesiaStandIn(options: CartesiaStandInOptions): Promise<StandIn> {
  const sockets = new WebSocketServer({ noServer: true });
  const faultsLeft = new Map((options.faults ?? []).map((fault) => [fault, fault.times ?? 1]));
  const takeFault = (transcript: string) => {
    for (const [fault, left] of faultsLeft) {
      if (left > 0 && fault.transcript.test(transcript)) {
        faultsLeft.set(fault, left - 1);
        return fault;
      }
    }
    return undefined;
  };
  const http = await listenOnLoopback((request, response) => {
    void serveBytes(request, response, options);
  });
  http.server.on("upgrade", (request, socket, head) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname !== "/tts/websocket") {
      return refuseUpgrade(socket, 404, { error: `There is no "${pathname}"` });
    }
    const refusal = checkHeaders(request, options.apiKey);
    if (refusal) return refuseUpgrade(socket, refusal.status, { error: refusal.error });
    sockets.handleUpgrade(request, socket, head, (client) =>
      synthesise(client, options, takeFault),
    );
    return undefined;
  });
  return { url: `http://${http.host}`, drop: http.drop, stop: http.stop };
}

function synthesise(
  client: WebSocket,
  options: CartesiaStandInOptions,
  takeFault: (transcript: string) => CartesiaFault | undefined,
): void {
  const contexts = new Map<string, OpenContext>();
  const send = (message: object) => {
    if (client.readyState === client.OPEN) client.send(JSON.stringify(message));
  };
  const end = (contextId: string) => {
    contexts.get(contextId)?.synthesis.cancel();
    contexts.delete(contextId);
  };
  const fail = (context_id: string, status_code: number, error: string) => {
    end(context_id);
    send({ type: "error", done: true, error, status_code, context_id });
  };

  const open = (request: Generation): OpenContext => {
    const { context_id, add_timestamps } = request;
    const context: OpenContext = {
      fault: undefined,
      hasText: false,
      synthesis: createSynthesisContext({
        sampleRate: request.output_format.sample_rate,
        firstByteDelayMs: options.firstByteDelayMs,
        speed: options.synthesisSpeed ?? 8,
        onOutput(output) {
          const { fault } = context;
          if (fault && (output.type !== "audio" || output.end_s > (fault.afterAudio_s ?? 0))) {
            if (fault.kind === "error") fail(context_id, 500, "internal server error");
            else if (fault.kind === "drop") client.terminate();
            else context.synthesis.cancel();
            return;
          }
          for (const message of describeOutput(output, context_id, add_timestamps)) send(message);
          if (output.type === "audio") options.onAudio?.(performance.now());
          if (output.type === "done") contexts.delete(context_id);
        },
      }),
    };
    contexts.set(context_id, context);
    return context;
  };

  client.on("message", (data: RawData) => {
    const request = readCartesiaRequest(readMessage(data).toString("utf8"));
    if ("error" in request) return fail(request.context_id, 400, request.error);
    if ("cancel" in request) return end(request.context_id);
    const context = contexts.get(request.context_id) ?? open(request);
    const isBlank = request.transcript.trim() === "";
    if (!isBlank) {
      context.hasText = true;
      context.fault ??= takeFault(request.transcript);
      context.synthesis.speak(request.transcript);
    }
    if (request.flush) context.synthesis.flush();
    if (request.continue) return undefined;
    if (context.hasText) context.synthesis.finish();
    else fail(request.context_id, 400, "Invalid request: the transcript is empty");
    return undefined;
  });
  client.on("close", () => {
    for (const contextId of contexts.keys()) end(contextId);
  });
}

function describeOutput(output: Synthesised, context_id: string, timestamps: boolean): object[] {
  if (output.type === "done") return [{ type: "done", done: true, status_code: 200, context_id }];
  const going = { done: false, status_code: 206, context_id };
  if (output.type === "flushed") {
    return [{ type: "flush_done", flush_done: true, flush_id: output.flushId, ...going }];
  }
  const { words } = output;
  const word_timestamps = {
    words: words.map((word) => word.text),
    start: words.map((word) => word.start_s),
    end: words.map((word) => word.end_s),
  };
  return [
    // Word times are sent before their audio, so that no word is played whose time is unknown.
    ...(timestamps && words.length > 0 ? [{ type: "timestamps", word_timestamps, ...going }] : []),
    { type: "chunk", data: output.bytes.toString("base64"), step_time: 0, ...going },
  ];
}

async function serveBytes(
  request: IncomingMessage,
  response: ServerResponse,
  { apiKey, firstByteDelayMs }: CartesiaStandInOptions,
): Promise<void> {
  const answer = (status: number, error: string) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ error }));
  };
  const body = await readText(request).catch(() => "");
  if (request.method !== "POST" || request.url !== "/tts/bytes") {
    return answer(404, `There is no "${request.method} ${request.url}"`);
  }
  const refusal = checkHeaders(request, apiKey);
  if (refusal) return answer(refusal.status, refusal.error);
  const wanted = readBytesRequest(body);
  if ("error" in wanted) return answer(400, wanted.error);
  const { samples } = speakInTones(wanted.transcript, wanted.output_format.sample_rate);
  const timer = setTimeout(() => {
    response.writeHead(200, { "Content-Type": "audio/pcm" });
    response.end(Buffer.from(samples.buffer));
  }, firstByteDelayMs);
  response.on("close", () => clearTimeout(timer));
  return undefined;
}

function checkHeaders(request: IncomingMessage, apiKey: string) {
  if (request.headers["x-api-key"] !== apiKey) return { status: 401, error: "Invalid API key" };
  const version = request.headers["cartesia-version"];
  if (typeof version !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(version)) {
    return { status: 400, error: 'The header "Cartesia-Version" must be a date' };
  }
  return undefined;
}
