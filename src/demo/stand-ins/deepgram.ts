import { randomUUID } from "node:crypto";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { readUtterances, type Utterance } from "../read-utterances.js";
import { describeResults } from "./deepgram-messages.js";
import { listenOnLoopback } from "./listen-on-loopback.js";
import { readListenQuery, type ListenQuery } from "./read-deepgram-query.js";
import { measureTemplates } from "./recognise-speech.js";
import { readMessage } from "./read-message.js";
import { refuseUpgrade } from "./refuse-upgrade.js";
import { createSpeechListener, type Heard } from "./speech-listener.js";

export interface DeepgramStandInOptions {
  apiKey: string;
  /**
   * From the end of speech to its final transcript, in real milliseconds. It takes at least the silence
   * that shows the end (`endpointS`) and what the client buffers. May be changed between utterances.
   */
  finalDelayMs: number;
  /**
   * Seconds of silence after which speech has ended. Default: 0.26. A caller whose sound is late on a
   * busy machine needs more, because a pause between words then lasts longer than it was.
   */
  endpointS?: number | undefined;
  /** Called when a final transcript is sent, in milliseconds of `performance.now()`. */
  onFinal?: (sentMs: number) => void;
  /** How many times faster than real time the audio arrives. */
  rate?: number;
  /** The utterances that it recognises. Default: the demo's. */
  utterances?: readonly Utterance[];
}

export interface StandIn {
  /** The address for clients, without a path. */
  url: string;
  /** Cuts every open connection, like a failing network. */
  drop: () => void;
  stop: () => Promise<void>;
}

/** Deepgram closes the connection of a client that sends nothing for this long. */
const PATIENCE_MS = 10_000;

/**
 * Serves Deepgram's `/v1/listen` to a streaming client, and really listens. It knows a few utterances
 * by their sound, and has no other connection to the caller.
 */
export async function startDeepgramStandIn(options: DeepgramStandInOptions): Promise<StandIn> {
  const sockets = new WebSocketServer({ noServer: true });
  const templates = measureTemplates(options.utterances ?? readUtterances());
  const http = await listenOnLoopback((_request, response) => {
    response.writeHead(404, { "Content-Type": "application/json" });
    response.end(
      JSON.stringify({ err_code: "NOT_FOUND", err_msg: "Only live audio is served here" }),
    );
  });
  http.server.on("upgrade", (request, socket, head) => {
    const requestId = randomUUID();
    const refuse = (status: number, err_code: string, err_msg: string) =>
      refuseUpgrade(socket, status, { err_code, err_msg, request_id: requestId });
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname !== "/v1/listen")
      return refuse(404, "NOT_FOUND", `There is no "${url.pathname}"`);
    if (request.headers.authorization !== `Token ${options.apiKey}`) {
      return refuse(401, "INVALID_AUTH", "Invalid credentials.");
    }
    const query = readListenQuery(url.searchParams);
    if ("error" in query) return refuse(400, "Bad Request", query.error);
    const candidates = templates.filter(
      ({ utterance }) =>
        query.language === "multi" || query.language.startsWith(utterance.language),
    );
    sockets.handleUpgrade(request, socket, head, (client) => {
      const listener = createSpeechListener(query.sampleRate, candidates, options.endpointS);
      transcribe(client, query, listener, requestId, options);
    });
    return undefined;
  });
  return { url: `ws://${http.host}`, drop: http.drop, stop: http.stop };
}

function transcribe(
  client: WebSocket,
  query: ListenQuery,
  listener: ReturnType<typeof createSpeechListener>,
  requestId: string,
  options: DeepgramStandInOptions,
): void {
  const { rate = 1, onFinal } = options;
  const outbox = createOutbox(client);
  let patience: NodeJS.Timeout | undefined;
  const waitForClient = () => {
    clearTimeout(patience);
    patience = setTimeout(
      () => client.close(1011, "NET-0001: no audio within the timeout"),
      PATIENCE_MS,
    );
  };
  waitForClient();

  const tell = (heard: Heard, asked: boolean) => {
    const now = performance.now();
    if (heard.type === "speech_started") {
      if (!query.vadEvents) return;
      outbox.send({ type: "SpeechStarted", channel: [0, 1], timestamp: heard.at_s }, now);
      return;
    }
    const { start_s, end_s, recognition } = heard;
    const isFinal = heard.type === "speech_ended";
    if (!isFinal && !query.interimResults) return;
    const results = describeResults({
      query,
      requestId,
      start_s,
      end_s,
      recognition,
      isFinal,
      fromFinalize: isFinal && asked,
    });
    // The speech ended earlier, by the silence that was heard since.
    const speechEndMs = now - ((listener.position_s - end_s) * 1000) / rate;
    outbox.send(
      results,
      isFinal && !asked ? speechEndMs + options.finalDelayMs : now,
      isFinal ? onFinal : undefined,
    );
    if (isFinal && query.utteranceEndMs !== undefined) {
      const utteranceEnd = { type: "UtteranceEnd", channel: [0, 1], last_word_end: end_s };
      outbox.send(utteranceEnd, speechEndMs + query.utteranceEndMs / rate);
    }
  };

  client.on("message", (data: RawData, isBinary) => {
    waitForClient();
    const bytes = readMessage(data);
    if (isBinary) {
      if (bytes.length % 2 !== 0) {
        client.close(1008, "DATA-0000: the audio has half a sample");
        return;
      }
      for (const heard of listener.push(toSamples(bytes))) tell(heard, false);
      return;
    }
    const command = readCommand(bytes);
    if (command === undefined) {
      client.close(1008, "DATA-0000: the message is none of KeepAlive, Finalize, CloseStream");
      return;
    }
    if (command === "KeepAlive") return;
    for (const heard of listener.finish()) tell(heard, true);
    if (command === "CloseStream") {
      const duration = listener.position_s;
      outbox.send(
        { type: "Metadata", request_id: requestId, channels: 1, duration },
        performance.now(),
      );
      outbox.close();
    }
  });
  client.on("close", () => {
    clearTimeout(patience);
    outbox.discard();
  });
}

/** Sends messages when they are due, in the order in which they were added. */
function createOutbox(client: WebSocket) {
  const waiting: {
    text: string | undefined;
    dueMs: number;
    onSent?: ((sentMs: number) => void) | undefined;
  }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const send = (text: string | undefined) => {
    if (text === undefined) client.close(1000);
    else if (client.readyState === client.OPEN) client.send(text);
  };
  const deliver = () => {
    clearTimeout(timer);
    for (let next = waiting[0]; next; next = waiting[0]) {
      const leftMs = next.dueMs - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(deliver, leftMs);
        return;
      }
      waiting.shift();
      send(next.text);
      next.onSent?.(performance.now());
    }
  };
  const add = (text: string | undefined, dueMs: number, onSent?: (sentMs: number) => void) => {
    waiting.push({ text, dueMs, onSent });
    deliver();
  };
  return {
    send: (message: object, dueMs: number, onSent?: (sentMs: number) => void) =>
      add(JSON.stringify(message), dueMs, onSent),
    /** Closes the connection after the last message. */
    close: () => add(undefined, performance.now()),
    discard() {
      clearTimeout(timer);
      waiting.length = 0;
    },
  };
}

function readCommand(bytes: Buffer): string | undefined {
  try {
    const { type } = JSON.parse(bytes.toString("utf8")) as { type?: unknown };
    return type === "KeepAlive" || type === "Finalize" || type === "CloseStream" ? type : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes are copied, because they may begin at an odd offset of their buffer. */
function toSamples(bytes: Buffer): Int16Array {
  return new Int16Array(Uint8Array.from(bytes).buffer);
}
