import * as agents from "@livekit/agents";
import * as deepgram from "@livekit/agents-plugin-deepgram";
import { AudioFrame } from "@livekit/rtc-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { findUtterance, readUtterances } from "../../src/demo/read-utterances.js";
import { startDeepgramStandIn, type StandIn } from "../../src/demo/stand-ins/deepgram.js";
import {
  connectionFate,
  finalsOf,
  joinSounds,
  listenUrl,
  transcribeSamples,
  type DeepgramMessage,
} from "./hear-deepgram.js";

const KEY = "test-key";
const AUTHORIZED = { Authorization: `Token ${KEY}` };
let standIn: StandIn;

beforeAll(async () => {
  agents.initializeLogger({ pretty: false, level: "silent" });
  standIn = await startDeepgramStandIn({ apiKey: KEY, finalDelayMs: 0 });
});
afterAll(() => standIn.stop());

describe("the stand-in for Deepgram refuses", () => {
  it.each([
    ["a missing key", {}],
    ["another key", { Authorization: "Token other" }],
    ["a bearer token", { Authorization: `Bearer ${KEY}` }],
  ])("%s with 401", async (_, headers) => {
    const fate = await connectionFate(listenUrl(standIn.url), headers);
    expect(fate.status).toBe(401);
    expect(JSON.parse(fate.body ?? "")).toMatchObject({ err_code: "INVALID_AUTH" });
  });

  it.each([
    ["an unknown model", { model: "nova-9" }, "nova-9"],
    ["a missing model", { model: undefined }, "model"],
    ["another encoding", { encoding: "opus" }, "opus"],
    ["a missing encoding", { encoding: undefined }, "encoding"],
    ["a missing sample rate", { sample_rate: undefined }, "sample_rate"],
    ["an odd sample rate", { sample_rate: "12345" }, "12345"],
    ["two channels", { channels: "2" }, "channel"],
    ["an unknown language", { language: "tlh" }, "tlh"],
    ["a switch that is neither true nor false", { punctuate: "yes" }, "punctuate"],
    ["a parameter that it does not know", { tier: "gold" }, "tier"],
    ["an endpointing that is no number", { endpointing: "soon" }, "endpointing"],
    ["an utterance end below a second", { utterance_end_ms: "500" }, "utterance_end_ms"],
    [
      "an utterance end without interim results",
      { utterance_end_ms: "1000", interim_results: "false" },
      "interim",
    ],
  ])("%s with 400, naming it", async (_, changes, named) => {
    const fate = await connectionFate(listenUrl(standIn.url, changes), AUTHORIZED);
    expect(fate.status).toBe(400);
    expect(fate.body).toContain(named);
  });

  it("another path with 404", async () => {
    const fate = await connectionFate(`${standIn.url}/v2/listen`, AUTHORIZED);
    expect(fate.status).toBe(404);
  });

  it.each([
    ["half a sample", Buffer.alloc(3)],
    ["a text that is no JSON", "hello"],
    ["a message of an unknown type", JSON.stringify({ type: "Configure" })],
  ])("%s by closing with 1008", async (_, first) => {
    const fate = await connectionFate(listenUrl(standIn.url), AUTHORIZED, first);
    expect(fate.code).toBe(1008);
    expect(fate.reason).toContain("DATA-0000");
  });
});

describe("the stand-in for Deepgram hears", () => {
  it.each(readUtterances().map((utterance) => [utterance.id, utterance] as const))(
    "%s",
    async (_, utterance) => {
      const samples = joinSounds([utterance.samples], 0.7);
      const messages = await transcribeSamples(listenUrl(standIn.url), KEY, samples);
      expect(messages.map((message) => message.type)).toContain("SpeechStarted");
      expect(finalsOf(messages)).toEqual([utterance.text]);
      const final = messages.find((message) => message.is_final);
      const [alternative] = final?.channel?.alternatives ?? [];
      expect(alternative?.languages).toEqual([utterance.language]);
      expect(final?.metadata?.request_id).toMatch(/^[0-9a-f-]{36}$/);
      for (const [index, word] of (alternative?.words ?? []).entries()) {
        // In seconds of the audio received: the utterance began after 0.7 s.
        expect(word.start).toBeCloseTo(0.7 + (utterance.words[index]?.start_s ?? 0), 1);
        expect(word.end).toBeCloseTo(0.7 + (utterance.words[index]?.end_s ?? 0), 1);
      }
    },
  );

  it("an utterance 12 dB softer", async () => {
    for (const { samples, text } of readUtterances()) {
      const softer = joinSounds([samples.map((sample) => sample / 4)], 0.5);
      expect(finalsOf(await transcribeSamples(listenUrl(standIn.url), KEY, softer))).toEqual([
        text,
      ]);
    }
  });

  it("speech that a network has stretched here and squeezed there", async () => {
    const frame = 320;
    for (const { samples, text } of readUtterances()) {
      const frames = Array.from({ length: Math.floor(samples.length / frame) }, (_, index) =>
        samples.subarray(index * frame, (index + 1) * frame),
      );
      // Two frames come twice in the first half, and two are left out in the second.
      const quarter = Math.floor(frames.length / 4);
      const bent = frames.flatMap((each, index) => {
        if (index === quarter || index === quarter + 5) return [each, each];
        return index === 3 * quarter || index === 3 * quarter - 5 ? [] : [each];
      });
      const bentSound = Int16Array.from(bent.flatMap((part) => [...part]));
      const heard = joinSounds([bentSound], 0.5);
      expect(finalsOf(await transcribeSamples(listenUrl(standIn.url), KEY, heard))).toEqual([text]);
    }
  });

  it("only the words that were said when an utterance breaks off", async () => {
    for (const { samples, words } of readUtterances()) {
      const half = joinSounds([samples.subarray(0, samples.length / 2)], 0.5);
      const [text] = finalsOf(await transcribeSamples(listenUrl(standIn.url), KEY, half));
      const said = words.filter((word) => word.end_s <= samples.length / 32_000);
      expect(text?.split(" ").length).toBeGreaterThanOrEqual(said.length);
      expect(
        words
          .map((word) => word.text)
          .join(" ")
          .startsWith(text ?? "?"),
      ).toBe(true);
      expect(text?.split(" ").length).toBeLessThan(words.length);
    }
  });

  it("speech that it does not know as an empty transcript", async () => {
    // Speech backwards has the loudness of speech, but of no known words.
    for (const { samples } of readUtterances()) {
      const backwards = joinSounds([samples.toReversed()], 0.5);
      expect(finalsOf(await transcribeSamples(listenUrl(standIn.url), KEY, backwards))).toEqual([
        "",
      ]);
    }
  });

  it("nothing in silence", async () => {
    const messages = await transcribeSamples(listenUrl(standIn.url), KEY, new Int16Array(32_000));
    expect(messages.map((message) => message.type)).toEqual(["Metadata"]);
  });

  it("several utterances on one stream, and several streams at once", async () => {
    const first = readUtterances().slice(0, 3);
    const second = readUtterances().slice(3, 6);
    const [one, two] = await Promise.all(
      [first, second].map((said) =>
        transcribeSamples(
          listenUrl(standIn.url),
          KEY,
          joinSounds(
            said.map(({ samples }) => samples),
            0.6,
          ),
        ),
      ),
    );
    expect(finalsOf(one ?? [])).toEqual(first.map(({ text }) => text));
    expect(finalsOf(two ?? [])).toEqual(second.map(({ text }) => text));
  });

  it("growing interim results, and none when they are not asked for", async () => {
    const { samples, text } = findUtterance("nobody-home");
    const padded = joinSounds([samples], 0.5);
    const interims = (await transcribeSamples(listenUrl(standIn.url), KEY, padded))
      .filter((message) => message.is_final === false)
      .map((message) => message.channel?.alternatives[0]?.transcript ?? "");
    expect(interims.length).toBeGreaterThan(2);
    for (const [index, interim] of interims.entries()) {
      expect(text.startsWith(interim)).toBe(true);
      expect(interim.length).toBeGreaterThan(interims[index - 1]?.length ?? 0);
    }
    const quiet = await transcribeSamples(
      listenUrl(standIn.url, { interim_results: "false" }),
      KEY,
      padded,
    );
    expect(quiet.filter((message) => message.is_final === false)).toEqual([]);
  });

  it("plain words without punctuation when none is asked for", async () => {
    const plain = { punctuate: "false", smart_format: "false" };
    const samples = joinSounds([findUtterance("goodbye").samples], 0.5);
    const messages = await transcribeSamples(listenUrl(standIn.url, plain), KEY, samples);
    expect(finalsOf(messages)).toEqual(["thank you that is all goodbye"]);
  });

  it("speech to its present end when it is told to finalize", async () => {
    const { samples } = findUtterance("nobody-home");
    const messages = await new Promise<DeepgramMessage[]>((resolve, reject) => {
      const socket = new WebSocket(listenUrl(standIn.url), { headers: AUTHORIZED });
      const received: DeepgramMessage[] = [];
      socket.on("open", () => {
        socket.send(JSON.stringify({ type: "KeepAlive" }));
        socket.send(Buffer.from(Int16Array.from(samples).buffer));
        socket.send(JSON.stringify({ type: "Finalize" }));
      });
      socket.on("message", (data: Buffer) => {
        received.push(JSON.parse(data.toString()) as DeepgramMessage);
        if (received.at(-1)?.is_final) socket.terminate();
      });
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    expect(messages.at(-1)).toMatchObject({ from_finalize: true, speech_final: true });
    expect(finalsOf(messages)).toEqual([findUtterance("nobody-home").text]);
  });

  it("the end of an utterance, told after its final when that was asked for", async () => {
    const samples = joinSounds([findUtterance("goodbye").samples], 0.5);
    const url = listenUrl(standIn.url, { utterance_end_ms: "1000" });
    const messages = await transcribeSamples(url, KEY, samples);
    const types = messages
      .filter((message) => message.is_final !== false)
      .map((message) => message.type);
    expect(types).toEqual(["SpeechStarted", "Results", "UtteranceEnd", "Metadata"]);
  });

  it("and waits with the final until it is due", async () => {
    const slow = await startDeepgramStandIn({ apiKey: KEY, finalDelayMs: 700 });
    const samples = joinSounds([findUtterance("goodbye").samples], 0.5);
    const sentAtMs = performance.now();
    await transcribeSamples(listenUrl(slow.url), KEY, samples);
    // The silence after the speech was received at once, so it counts as waited for.
    expect(performance.now() - sentAtMs).toBeGreaterThanOrEqual(700 - 500);
    await slow.stop();
  });

  it("no Hindi when English was asked for", async () => {
    const samples = joinSounds([findUtterance("will-driver-call").samples], 0.5);
    const messages = await transcribeSamples(
      listenUrl(standIn.url, { language: "en" }),
      KEY,
      samples,
    );
    expect(finalsOf(messages)).toEqual([""]);
  });
});

describe("Deepgram's plugin with the stand-in", () => {
  it("yields the text, the words and the language of what it was fed", async () => {
    const { samples, text, words } = findUtterance("will-driver-call");
    const stt = new deepgram.STT({ apiKey: KEY, baseUrl: standIn.url, language: "multi" });
    const stream = stt.stream();
    const padded = joinSounds([samples], 0.6);
    for (let at = 0; at < padded.length; at += 320) {
      stream.pushFrame(
        new AudioFrame(padded.slice(at, at + 320), 16_000, 1, Math.min(320, padded.length - at)),
      );
    }
    const types: agents.stt.SpeechEventType[] = [];
    let heard: agents.stt.SpeechData | undefined;
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === agents.stt.SpeechEventType.FINAL_TRANSCRIPT)
        heard = event.alternatives?.[0];
      if (event.type === agents.stt.SpeechEventType.END_OF_SPEECH) break;
    }
    stream.close();
    await stt.close();
    expect(heard?.text).toBe(text);
    expect(heard?.language).toBe("hi");
    expect(heard?.words?.map((word) => word.text)).toEqual(words.map((word) => word.text));
    expect(types[0]).toBe(agents.stt.SpeechEventType.START_OF_SPEECH);
    expect(types).toContain(agents.stt.SpeechEventType.INTERIM_TRANSCRIPT);
  });
});
