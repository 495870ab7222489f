import { describe, expect, it } from "vitest";
import { SpanCalls } from "../../../src/import/otlp/span-calls.js";
import { readOtlpJson } from "../../../src/import/otlp/read-otlp-json.js";
import { measureGrowth } from "../../support/growth.js";
import { importBytes, importOne } from "../support/import-calls.js";
import {
  PYTHON_1_8,
  makeGenAiCall,
  makeLivekitCall,
  makePipecatCall,
} from "./support/made-calls.js";
import {
  type MadeSpan,
  type OtlpRequest,
  PYTHON,
  makeRequest,
  toHex,
} from "./support/make-trace.js";

const SESSION: MadeSpan = { name: "agent_session", id: "session", from: 0, to: 9 };
const TURN: MadeSpan = { name: "agent_turn", id: "turn", parent: "session", from: 0, to: 9 };

/** Traces of a size that no honest program writes, or writes only in a very long call. */
const LARGE: readonly (readonly [name: string, make: (size: number) => OtlpRequest])[] = [
  [
    "requests of one reply",
    (size) => livekit(repeat(size, "llm_node", "turn", { "lk.response.text": "Yes." })),
  ],
  ["syntheses of one reply", (size) => livekit(repeat(size, "tts_node", "turn"))],
  ["tools of one reply", (size) => livekit(repeat(size, "function_tool", "turn"))],
  [
    "sounds of one reply",
    (size) =>
      livekit([...repeat(3, "tts_node", "turn"), ...repeat(size, "agent_speaking", "turn")]),
  ],
  [
    "spans whose parent never came",
    (size) => livekit(repeat(size, "llm_node", "gone", { "lk.response.text": "Yes." })),
  ],
  ["sounds without a turn", (size) => livekit(repeat(size, "agent_speaking", "session"))],
  [
    "turns of the user with the same words",
    (size) => livekit(repeat(size, "user_turn", "session", { "lk.user_transcript": "Hello?" })),
  ],
  [
    "replies to the same words",
    (size) =>
      livekit(
        repeat(size, "agent_turn", "session", {
          "lk.user_input": "Hello?",
          "lk.response.text": "Yes.",
          "lk.interrupted": true,
        }),
      ),
  ],
  ["sessions in one trace", (size) => livekit(repeat(size, "agent_session", "session"))],
  [
    "discarded replies",
    (size) => livekit(repeat(size, "llm_node", "turn", { "lk.response.text": "Yes." }), size),
  ],
  [
    "attributes of one span",
    (size) =>
      livekit([
        {
          ...TURN,
          id: "wide",
          attributes: Object.fromEntries(
            Array.from({ length: size }, (_, at) => [`key ${at}`, at]),
          ),
        },
      ]),
  ],
  [
    "sentences of one answer of Pipecat",
    (size) =>
      pipecat([
        {
          name: "llm",
          id: "llm",
          parent: "turn",
          from: 0,
          to: 1,
          attributes: { output: "Yes. ".repeat(size) },
        },
        ...repeat(size, "tts", "turn", { text: "Yes." }),
      ]),
  ],
  [
    "turns of Pipecat",
    (size) => pipecat(repeat(size, "turn", "root", { "turn.was_interrupted": true })),
  ],
  [
    "requests of a language model",
    (size) =>
      makeGenAiCall(
        repeat(size, "chat", "root", {
          "gen_ai.output.messages": '[{"role":"assistant","content":"Yes."}]',
        }),
      ),
  ],
];

function livekit(spans: readonly MadeSpan[], discards = 0): OtlpRequest {
  const moments = Array.from({ length: discards }, (_, at) => [
    { name: "generation", at: at / 1e3, attributes: { "lk.generation_id": `speech_${at}_1` } },
    {
      name: "preemptive_generation_discarded",
      at: at / 1e3,
      attributes: { "lk.speech_id": `speech_${at}` },
    },
  ]).flat();
  return makeLivekitCall(PYTHON_1_8, [SESSION, { ...TURN, moments }, ...spans]);
}

function pipecat(spans: readonly MadeSpan[]): OtlpRequest {
  return makePipecatCall([{ name: "turn", id: "turn", parent: "root", from: 0, to: 9 }, ...spans]);
}

function repeat(
  size: number,
  name: string,
  parent: string,
  attributes: { [key: string]: unknown } = {},
): MadeSpan[] {
  return Array.from({ length: size }, (_, at) => ({
    name,
    id: at.toString(36).padStart(8, "~"),
    parent,
    from: at / 1000,
    to: at / 1000 + 0.5,
    attributes,
  }));
}

function readAll(request: OtlpRequest): number {
  const calls = new SpanCalls();
  for (const span of readOtlpJson(request)) calls.add(span);
  return [...calls.read()].length;
}

describe.each(LARGE)("a trace with many %s", (_name, make) => {
  it("takes about four times as long for four times as many", () => {
    expect(measureGrowth(1000, make, readAll, 4)).toBeLessThan(9);
  });
});

it("spans whose parents form a circle give a call, and the reading ends", async () => {
  const spans = ["a", "b", "c"].map((id, at): MadeSpan => ({
    name: "llm_node",
    id,
    parent: ["b", "c", "a"][at] ?? "a",
    from: 1,
    to: 2,
    attributes: { "lk.response.text": id },
  }));
  const calls = await importBytes(
    JSON.stringify(makeLivekitCall(PYTHON_1_8, [SESSION, ...spans, { ...SESSION, id: "second" }])),
  );
  expect(calls.flatMap(({ conversation }) => conversation.conversation)).toHaveLength(3);
});

it("a value nested 100,000 levels deep is left out, and the call is there", async () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(50_000)}{}${"]}}".repeat(50_000)}`;
  const text = JSON.stringify(makeLivekitCall(PYTHON_1_8)).replace('{"stringValue":"front"}', deep);
  const { conversation } = await importOne(text);
  expect(conversation.conversation).toHaveLength(5);
});

it("a line that was cut off loses its own spans, and the document says so", async () => {
  const line = JSON.stringify(makeLivekitCall(PYTHON_1_8));
  const call = await importOne(`${line}\n${line.slice(0, 400)}`);
  expect(call.missing).toContain("what 1 broken lines of the file held");
  expect(call.conversation.conversation).toHaveLength(5);
});

it.each([
  ["no spans", '{"resourceSpans":[]}', "it has no spans with valid ids"],
  [
    "spans without ids",
    JSON.stringify(makeLivekitCall(PYTHON_1_8)).replaceAll(/"(?:trace|span)Id":"/g, "$&x"),
    "it has no spans with valid ids",
  ],
  [
    "spans of other software",
    JSON.stringify(makeRequest(PYTHON, "my-shop", [SESSION])),
    "none of its 1 spans is of a known software",
  ],
  [
    "a job without a session",
    JSON.stringify(
      makeLivekitCall(PYTHON_1_8, [{ name: "job_entrypoint", id: "job", from: 0, to: 1 }]),
    ),
    "tell of no call",
  ],
])("a trace with %s is refused with the reason", async (_name, text, reason) => {
  await expect(importBytes(text)).rejects.toThrow(reason);
});

it("ids in base64 and in capitals are the same ids as in lower-case hex", async () => {
  const request = makeLivekitCall(PYTHON_1_8);
  const text = JSON.stringify(request);
  const expected = await importOne(text);
  const inBase64 = text.replaceAll(
    /("(?:traceId|spanId|parentSpanId)":")([0-9a-f]+)"/g,
    (_, key: string, id: string) => `${key}${Buffer.from(id, "hex").toString("base64")}"`,
  );
  expect(await importOne(inBase64)).toEqual(expected);
  const id = toHex("session", 16);
  expect(await importOne(text.replaceAll(id, id.toUpperCase()))).toEqual(expected);
});
