import * as agents from "@livekit/agents";
import * as cartesia from "@livekit/agents-plugin-cartesia";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  startCartesiaStandIn,
  type CartesiaStandInOptions,
} from "../../src/demo/stand-ins/cartesia.js";
import type { StandIn } from "../../src/demo/stand-ins/deepgram.js";
import { connectionFate } from "./hear-deepgram.js";

const KEY = "test-key";
const HEADERS = { "X-API-Key": KEY, "Cartesia-Version": "2025-04-16" };
const GENERATION = {
  model_id: "sonic-3",
  voice: { mode: "id", id: "f786b574-daa5-4673-aa0c-cbe3e8534c02" },
  output_format: { container: "raw", encoding: "pcm_s16le", sample_rate: 24_000 },
  language: "en",
  context_id: "c1",
  transcript: "Hello there. ",
  continue: true,
  add_timestamps: true,
};

interface Message {
  type: string;
  context_id: string;
  data?: string;
  done: boolean;
  error?: string;
  status_code: number;
  flush_id?: number;
  word_timestamps?: { words: string[]; start: number[]; end: number[] };
}

let running: StandIn | undefined;

beforeAll(() => agents.initializeLogger({ pretty: false, level: "silent" }));
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(options: Partial<CartesiaStandInOptions> = {}): Promise<StandIn> {
  running = await startCartesiaStandIn({
    apiKey: KEY,
    firstByteDelayMs: 0,
    synthesisSpeed: 1000,
    ...options,
  });
  return running;
}

function socketUrl({ url }: StandIn): string {
  return `${url.replace("http", "ws")}/tts/websocket`;
}

/** Sends the requests and returns what came until `isLast`. */
function exchange(
  standIn: StandIn,
  requests: readonly (object | string)[],
  isLast: (message: Message) => boolean,
) {
  return new Promise<Message[]>((resolve, reject) => {
    const socket = new WebSocket(socketUrl(standIn), { headers: HEADERS });
    const messages: Message[] = [];
    socket.on("open", () => {
      for (const request of requests)
        socket.send(typeof request === "string" ? request : JSON.stringify(request));
    });
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      messages.push(message);
      if (isLast(message)) socket.terminate();
    });
    socket.on("close", () => resolve(messages));
    socket.on("error", reject);
  });
}

const isDone = (message: Message) => message.done;

/** The length of audio in seconds at 24 kHz. */
function audioSeconds(messages: readonly Message[]): number {
  const bytes = messages.reduce(
    (sum, { data = "" }) => sum + Buffer.from(data, "base64").length,
    0,
  );
  return bytes / 2 / 24_000;
}

describe("the stand-in for Cartesia refuses", () => {
  it.each<[string, Record<string, string>, number]>([
    ["a missing key", { "Cartesia-Version": "2025-04-16" }, 401],
    ["another key", { ...HEADERS, "X-API-Key": "other" }, 401],
    ["a missing version", { "X-API-Key": KEY }, 400],
    ["a version that is no date", { ...HEADERS, "Cartesia-Version": "latest" }, 400],
  ])("%s", async (_, headers, status) => {
    const fate = await connectionFate(socketUrl(await start()), headers);
    expect(fate.status).toBe(status);
  });

  it.each([
    ["no JSON", "hello", "Invalid"],
    ["another model", { ...GENERATION, model_id: "parrot" }, "model_id"],
    ["a missing model", { ...GENERATION, model_id: undefined }, "model_id"],
    ["a voice without an id", { ...GENERATION, voice: { mode: "id" } }, "voice.id"],
    ["a voice of another mode", { ...GENERATION, voice: { mode: "name", id: "x" } }, "voice.mode"],
    ["a missing voice", { ...GENERATION, voice: undefined }, "voice"],
    [
      "another container",
      { ...GENERATION, output_format: { ...GENERATION.output_format, container: "mp3" } },
      "container",
    ],
    [
      "another encoding",
      { ...GENERATION, output_format: { ...GENERATION.output_format, encoding: "pcm_f32le" } },
      "encoding",
    ],
    [
      "another sample rate",
      { ...GENERATION, output_format: { ...GENERATION.output_format, sample_rate: 11 } },
      "sample_rate",
    ],
    ["a missing context", { ...GENERATION, context_id: undefined }, "context_id"],
    ["a missing transcript", { ...GENERATION, transcript: undefined }, "transcript"],
    ["a continue that is no boolean", { ...GENERATION, continue: "yes" }, "continue"],
    ["a field that it does not know", { ...GENERATION, mood: "merry" }, "mood"],
    [
      "a context without any words",
      { ...GENERATION, transcript: " ", continue: false },
      "transcript",
    ],
  ])("%s with an error of status 400 that names it", async (_, request, named) => {
    const [message] = await exchange(await start(), [request], isDone);
    expect(message).toMatchObject({ type: "error", status_code: 400, done: true });
    expect(message?.error).toContain(named);
  });
});

describe("the stand-in for Cartesia", () => {
  it("speaks what it is given, with a time for each word that lies in the audio", async () => {
    const messages = await exchange(
      await start(),
      [
        GENERATION,
        { ...GENERATION, transcript: "नमस्ते, order 4271. " },
        { ...GENERATION, transcript: " ", continue: false },
      ],
      isDone,
    );
    const timed = messages.flatMap(({ word_timestamps: times }) =>
      (times?.words ?? []).map((text, index) => ({
        text,
        start: times?.start[index] ?? 0,
        end: times?.end[index] ?? 0,
      })),
    );
    expect(timed.map(({ text }) => text)).toEqual(["Hello", "there.", "नमस्ते,", "order", "4271."]);
    const seconds = audioSeconds(messages);
    for (const [index, { start: start_s, end }] of timed.entries()) {
      expect(end).toBeGreaterThan(start_s);
      expect(end).toBeLessThanOrEqual(seconds);
      expect(start_s).toBeGreaterThanOrEqual(timed[index - 1]?.end ?? 0);
    }
    expect(messages.at(-1)).toEqual({
      type: "done",
      done: true,
      status_code: 200,
      context_id: "c1",
    });
  });

  it("makes about 2.6 English words a second", async () => {
    const text =
      "The driver first tries your neighbours and leaves you a card that says who has it";
    const messages = await exchange(
      await start(),
      [{ ...GENERATION, transcript: text, continue: false }],
      isDone,
    );
    expect(text.split(" ").length / audioSeconds(messages)).toBeGreaterThan(2.2);
    expect(text.split(" ").length / audioSeconds(messages)).toBeLessThan(3.2);
  });

  it("interleaves contexts on one socket and keeps them apart", async () => {
    const one = { ...GENERATION, transcript: "one two three four five six seven", continue: false };
    let done = 0;
    const messages = await exchange(
      await start({ synthesisSpeed: 40 }),
      [one, { ...one, context_id: "c2" }],
      (message) => {
        if (message.done) done += 1;
        return done === 2;
      },
    );
    const order = messages.map((message) => message.context_id).join("");
    expect(order).toMatch(/c1.*c2.*c1/);
    const [first, second] = ["c1", "c2"].map((id) =>
      messages.filter((message) => message.context_id === id),
    );
    expect(audioSeconds(first ?? [])).toBe(audioSeconds(second ?? []));
  });

  it("answers a flush after the words before it, and forgets a cancelled context", async () => {
    const standIn = await start();
    const flushed = await exchange(
      standIn,
      [{ ...GENERATION, flush: true }],
      (message) => message.type === "flush_done",
    );
    expect(flushed.at(-1)).toMatchObject({ flush_id: 1, done: false });
    expect(audioSeconds(flushed)).toBeGreaterThan(0.5);
    const slow = await start({ firstByteDelayMs: 50 });
    const other = { ...GENERATION, context_id: "c2", continue: false };
    const cancelled = await exchange(
      slow,
      [GENERATION, { context_id: "c1", cancel: true }, other],
      isDone,
    );
    expect(new Set(cancelled.map((message) => message.context_id))).toEqual(new Set(["c2"]));
    await standIn.stop();
  });

  it("serves raw audio over HTTP", async () => {
    const { url } = await start();
    const { model_id, voice, output_format, transcript } = GENERATION;
    const speech = { model_id, voice, output_format, transcript };
    const post = (body: object, headers: Record<string, string> = HEADERS) =>
      fetch(`${url}/tts/bytes`, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await post(speech);
    expect((await answer.arrayBuffer()).byteLength / 2 / 24_000).toBeGreaterThan(0.5);
    expect((await post({ ...speech, voice: {} })).status).toBe(400);
    expect((await post(speech, {})).status).toBe(401);
    expect((await fetch(url)).status).toBe(404);
  });
});

describe("Cartesia's plugin with the stand-in", () => {
  async function synthesise(standIn: StandIn, text: string) {
    const tts = new cartesia.TTS({ apiKey: KEY, baseUrl: standIn.url });
    const stream = tts.stream();
    stream.pushText(text);
    stream.endInput();
    let seconds = 0;
    const words: string[] = [];
    for await (const event of stream) {
      if (event === agents.tts.SynthesizeStream.END_OF_STREAM) break;
      seconds += event.frame.samplesPerChannel / event.frame.sampleRate;
      words.push(...(event.timedTranscripts ?? []).map((word) => word.text.trim()));
    }
    stream.close();
    await tts.close();
    return { seconds, words };
  }
  const TEXT = "Your order is out for delivery.";

  it("yields audio and the times of its words", async () => {
    const { seconds, words } = await synthesise(await start(), TEXT);
    expect(seconds).toBeGreaterThan(1.5);
    expect(words).toEqual(TEXT.split(" "));
  });
});

describe("the stand-in for Cartesia fails on request", () => {
  const doomed = { ...GENERATION, transcript: "This one has bad luck today.", continue: false };
  const fine = { ...GENERATION, context_id: "c2", continue: false };

  it("with an error of status 500, once", async () => {
    const standIn = await start({
      faults: [{ transcript: /luck/, kind: "error", afterAudio_s: 0.5 }],
    });
    const messages = await exchange(standIn, [doomed], isDone);
    expect(messages.at(-1)).toMatchObject({ type: "error", status_code: 500, done: true });
    expect(audioSeconds(messages)).toBeGreaterThan(0);
    expect(audioSeconds(messages)).toBeLessThanOrEqual(0.5);
    expect((await exchange(standIn, [doomed], isDone)).at(-1)?.type).toBe("done");
  });

  it("by breaking the connection", async () => {
    const standIn = await start({ faults: [{ transcript: /luck/, kind: "drop" }] });
    expect(await exchange(standIn, [doomed], isDone)).toEqual([]);
  });

  it("by saying nothing more, while other contexts go on", async () => {
    const standIn = await start({ faults: [{ transcript: /luck/, kind: "hang" }] });
    const messages = await exchange(standIn, [doomed, fine], isDone);
    expect(new Set(messages.map((message) => message.context_id))).toEqual(new Set(["c2"]));
  });
});
