import { WebSocketServer, type WebSocket } from "ws";
import { listenOnLoopback } from "../../../src/demo/stand-ins/listen-on-loopback.js";

type Message = { [key: string]: unknown };

/** A server on loopback that speaks OpenAI's realtime protocol, and says what the test says. */
export interface OpenAIRealtime {
  /** For the plugin's `baseURL`. */
  url: string;
  /** Every JSON message that came, but for the caller's sound. */
  received: Message[];
  /** Resolves when the plugin has sent sound. */
  untilHearing(): Promise<void>;
  /** The user speaks, and the transcript comes. */
  hear(transcript: string): void;
  /** The user makes a sound that the server takes for speech, and that has no words. */
  hearCough(): void;
  /** The user begins to speak. */
  hearStart(): void;
  /** The model answers: with its own voice, or in text. */
  answer(text: string, modality?: "audio" | "text"): void;
  stop(): Promise<void>;
}

export async function startOpenAIRealtime(): Promise<OpenAIRealtime> {
  const received: Message[] = [];
  const waiting: (() => void)[] = [];
  let socket: WebSocket | undefined;
  let isHearing = false;
  let count = 0;
  const { server, host, stop } = await listenOnLoopback((_, response) =>
    response.writeHead(404).end(),
  );
  const sockets = new WebSocketServer({ server });
  const nextId = (kind: string) => `${kind}_${(count += 1)}`;

  function send(type: string, more: Message = {}): void {
    socket?.send(JSON.stringify({ type, event_id: nextId("event"), ...more }));
  }

  function hearSound(): string {
    const item_id = nextId("item");
    send("input_audio_buffer.speech_started", { item_id });
    send("input_audio_buffer.speech_stopped", { item_id });
    return item_id;
  }

  sockets.on("connection", (opened) => {
    socket = opened;
    send("session.created", { session: { id: "session_1" } });
    opened.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString("utf8")) as Message;
      if (message["type"] === "input_audio_buffer.append") {
        isHearing = true;
        for (const resolve of waiting.splice(0)) resolve();
        return;
      }
      received.push(message);
      // The plugin waits for each item of the chat to be taken.
      if (message["type"] === "conversation.item.create")
        send("conversation.item.added", {
          item: message["item"],
          previous_item_id: message["previous_item_id"] ?? null,
        });
    });
  });

  return {
    url: `http://${host}/v1`,
    received,
    untilHearing: () =>
      isHearing ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    hearStart: () => send("input_audio_buffer.speech_started", { item_id: "none" }),
    hearCough: () => void hearSound(),
    hear(transcript) {
      const item_id = hearSound();
      send("conversation.item.input_audio_transcription.completed", {
        item_id,
        content_index: 0,
        transcript,
      });
    },
    answer(text, modality = "audio") {
      const response_id = nextId("response");
      const item_id = nextId("item");
      const place = { response_id, item_id, output_index: 0, content_index: 0 };
      send("response.created", { response: { id: response_id, metadata: {} } });
      send("response.output_item.added", {
        ...place,
        item: { id: item_id, type: "message", role: "assistant", content: [] },
      });
      send("response.content_part.added", { ...place, part: { type: modality } });
      for (const delta of text.split(/(?<= )/)) {
        if (modality === "text") send("response.output_text.delta", { ...place, delta });
        else {
          send("response.output_audio_transcript.delta", { ...place, delta });
          // 24 kHz, 16 bit, 50 ms for each character.
          const audio = Buffer.alloc(delta.length * 1200 * 2).toString("base64");
          send("response.output_audio.delta", { ...place, delta: audio });
        }
      }
      send("response.output_item.done", {
        ...place,
        item: { id: item_id, type: "message", role: "assistant", content: [] },
      });
      send("response.done", { response: { id: response_id, status: "completed", output: [] } });
    },
    async stop() {
      sockets.close();
      await stop();
    },
  };
}
