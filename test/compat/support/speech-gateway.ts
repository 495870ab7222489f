import { WebSocketServer, type WebSocket } from "ws";
import { listenOnLoopback } from "../../../src/demo/stand-ins/listen-on-loopback.js";

/** Speech services on loopback that speak the websocket protocols of several providers. */
export interface SpeechGateway {
  /** Without a scheme: `127.0.0.1:PORT`. */
  host: string;
  /** The paths and queries that were opened, in order. */
  opened: string[];
  /** Every JSON message that came. */
  received: { [key: string]: unknown }[];
  /** Resolves when so many connections have been sent sound: before, a client may not listen yet. */
  untilHearing(connections?: number): Promise<void>;
  /** The caller says something: all who listen are told in their own protocol. */
  hear(text: string): void;
  stop(): Promise<void>;
}

interface Listener {
  hear(text: string): void;
}
type Send = (message: { [key: string]: unknown } | Buffer) => void;
interface Protocol {
  /** What it does with a message. */
  onMessage?(message: { [key: string]: unknown }, send: Send, close: () => void): void;
  /** How it tells what was heard; absent where it speaks. */
  hear?(text: string, send: Send): void;
}

const SESSION = { session_id: "session-1" };

export async function startSpeechGateway(): Promise<SpeechGateway> {
  const opened: string[] = [];
  const received: { [key: string]: unknown }[] = [];
  const listeners = new Set<Listener>();
  const waiting = new Set<() => void>();
  let hearing = 0;
  const { server, host, stop } = await listenOnLoopback((_, response) =>
    response.writeHead(404).end(),
  );
  const sockets = new WebSocketServer({ server });

  sockets.on("connection", (socket: WebSocket, request) => {
    const { pathname, search, searchParams } = new URL(request.url ?? "/", `http://${host}`);
    opened.push(pathname + search);
    const protocol = protocols[pathname]?.(Number(searchParams.get("sample_rate") ?? 16_000));
    if (protocol === undefined) return socket.close();
    const send: Send = (message) =>
      socket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message));
    const { hear } = protocol;
    const listener = { hear: (text: string) => hear?.(text, send) };
    const noteSound = () => {
      if (hear === undefined || listeners.has(listener)) return;
      listeners.add(listener);
      hearing += 1;
      for (const check of waiting) check();
    };
    socket.on("close", () => listeners.delete(listener));
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) return noteSound();
      const message = JSON.parse(data.toString("utf8")) as { [key: string]: unknown };
      if (message["type"] === "input_audio") return noteSound();
      received.push(message);
      protocol.onMessage?.(message, send, () => socket.close());
    });
  });

  return {
    host,
    opened,
    received,
    untilHearing: (connections = 1) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (hearing < connections) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    hear(text) {
      for (const listener of listeners) listener.hear(text);
    },
    async stop() {
      sockets.close();
      await stop();
    },
  };
}

const protocols: { [path: string]: (sampleRate: number) => Protocol } = {
  "/v2/listen": deepgramFlux,
  "/v1/speak": deepgramVoice,
  "/stt/turns/websocket": cartesiaEars,
  "/stt": inferenceEars,
  "/tts": inferenceVoice,
};

/** Words without times, which Flux does not give, and the window of audio they were in. */
function deepgramFlux(): Protocol {
  return {
    hear(text, send) {
      const turn = (event: string) =>
        send({
          type: "TurnInfo",
          event,
          request_id: "flux-1",
          transcript: text,
          audio_window_start: 0.4,
          audio_window_end: 1.6,
          words: text.split(" ").map((word) => ({ word, confidence: 0.75 })),
        });
      for (const event of ["StartOfTurn", "Update", "EndOfTurn"]) turn(event);
    },
    onMessage: closeOn("CloseStream"),
  };
}

function cartesiaEars(): Protocol {
  return {
    hear(text, send) {
      const request_id = "ink-1";
      send({ type: "turn.start", request_id });
      send({ type: "turn.update", request_id, transcript: text });
      send({ type: "turn.end", request_id, transcript: text });
    },
    onMessage: closeOn("close"),
  };
}

function deepgramVoice(sampleRate: number): Protocol {
  let text = "";
  return {
    onMessage({ type, text: more }, send, close) {
      if (type === "Speak") text += String(more);
      if (type === "Close") close();
      if (type !== "Flush" || text === "") return;
      send(silenceFor(text, sampleRate));
      send({ type: "Flushed", sequence_id: 0 });
      text = "";
    },
  };
}

function inferenceEars(): Protocol {
  return {
    hear(text, send) {
      send({ type: "start_of_speech" });
      send({
        type: "final_transcript",
        ...SESSION,
        transcript: text,
        language: "en",
        start: 0.2,
        duration: 0.6,
        confidence: 0.95,
        words: text
          .split(" ")
          .map((word, index) => ({ word, start: 0.2 + index * 0.3, end: 0.4 + index * 0.3 })),
      });
    },
    onMessage({ type }, send) {
      // LiveKit trips over an answer that comes when it is about to leave.
      if (type === "session.create") send({ type: "session.created", ...SESSION });
    },
  };
}

function inferenceVoice(): Protocol {
  let text = "";
  let sampleRate = 16_000;
  return {
    onMessage({ type, transcript, sample_rate }, send) {
      if (type === "session.create") {
        sampleRate = Number(sample_rate);
        send({ type: "session.created", ...SESSION });
      }
      if (type === "input_transcript") text += String(transcript);
      if (type !== "session.flush") return;
      const audio = silenceFor(text, sampleRate).toString("base64");
      send({ type: "output_audio", ...SESSION, audio });
      send({ type: "done", ...SESSION });
      text = "";
    },
  };
}

function closeOn(last: string): NonNullable<Protocol["onMessage"]> {
  return ({ type }, _send, close) => {
    if (type === last) close();
  };
}

/** 16 bit samples, 50 ms for each character. */
function silenceFor(text: string, sampleRate: number): Buffer {
  return Buffer.alloc(Math.round(text.trim().length * 0.05 * sampleRate) * 2);
}
