import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { encodeProtobuf } from "../../otel/forward/encode-protobuf.js";
import { makeRecordSpans } from "../../otel/record-spans.js";
import { decodeSpan } from "../../otel/spans/decode-span.js";
import { type Conversation, toTimestamp } from "../../src/record/index.js";
import {
  type ConversationState,
  applyOperation,
  beginConversation,
} from "../../src/store/document/conversation-state.js";
import { asRead } from "../../src/store/document/render-document.js";
import { anyCall } from "../export/support/any-call.js";
import { exportCalls, makeCall, readSample } from "../export/support/calls.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE_PATH = "conversations/sample-parcel-desk.json";
const SAMPLE = readSample();
const SPANS = makeRecordSpans(SAMPLE, "parcel_desk");

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.stop());

it("the spans of a record have the ids of the record, each once", () => {
  const ids = SPANS.map((span) => span.spanContext().spanId);
  expect(new Set(ids).size).toBe(ids.length);
  const recorded = [
    ...SAMPLE.conversation.map(({ span_id }) => span_id),
    ...SAMPLE.events.map(({ span_id }) => span_id),
  ];
  expect(recorded.filter((id) => id === undefined || !ids.includes(id))).toEqual([]);
  expect(new Set(SPANS.map((span) => span.spanContext().traceId))).toEqual(
    new Set([SAMPLE.session.trace_id]),
  );
  const parents = SPANS.flatMap(({ parentSpanContext }) => parentSpanContext?.spanId ?? []);
  expect(parents.filter((id) => !ids.includes(id))).toEqual([]);
});

it("the same record gives the same spans each time, whatever limits the environment has", () => {
  process.env["OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"] = "5";
  process.env["OTEL_TRACES_SAMPLER"] = "always_off";
  try {
    const json = JsonTraceSerializer.serializeRequest(makeRecordSpans(SAMPLE, "parcel_desk"));
    expect(json).toEqual(JsonTraceSerializer.serializeRequest(SPANS));
  } finally {
    delete process.env["OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"];
    delete process.env["OTEL_TRACES_SAMPLER"];
  }
});

/** The record that TalkTrace's own exporter makes of spans. */
function readBack(conversation: Conversation): Conversation {
  let state: ConversationState | undefined;
  let seq = 0;
  const whole = new Map<string, string>();
  const need = (): ConversationState => {
    if (state === undefined) throw new Error("the first span opens no conversation");
    return state;
  };
  for (const span of makeRecordSpans(conversation, "agent")) {
    if (span.attributes["talktrace.record"] === undefined) continue;
    const record = decodeSpan(span);
    if (record.kind === "open") state = beginConversation(record.session);
    else if (record.kind === "event") applyOperation(need(), { op: "event", event: record.event });
    else if (record.kind === "session")
      applyOperation(need(), { op: "session", amendment: record.amendment });
    else if (record.kind === "close") applyOperation(need(), { op: "close", end: record.end });
    else if (record.kind === "message") {
      whole.set(record.message.id, record.message.content);
      applyOperation(need(), { op: "add", message: { ...record.message, seq: (seq += 1) } });
    } else if (record.kind === "playout") {
      const { heard, amendment } = record.amendment;
      const generated = whole.get(record.messageId);
      applyOperation(need(), {
        op: "amend",
        id: record.messageId,
        amendment:
          heard === undefined
            ? amendment
            : { ...amendment, content: heard, ...(generated !== undefined && { generated }) },
      });
    } else if (record.kind === "amendment")
      applyOperation(need(), { op: "amend", id: record.messageId, amendment: record.amendment });
  }
  const read = asRead(need(), "spans");
  if (read === undefined) throw new Error("no reader takes the record of these spans");
  return read;
}

/** Timestamps of a record may be in any zone; those that are read back are in this machine's. */
function inOneZone<T>(value: T): T {
  const text = JSON.stringify(value).replaceAll(
    /"(\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d)"/g,
    (_, found: string) => `"${toTimestamp(Date.parse(found), 0)}"`,
  );
  return JSON.parse(text) as T;
}

it("the spans of the demo's call tell the exporter the messages, events and session of the record", () => {
  const state = readBack(SAMPLE);
  // An interruption is on the span of the words that interrupted, and on the playout.
  expect(inOneZone(state.conversation)).toEqual(inOneZone(SAMPLE.conversation));
  expect(inOneZone(state.events)).toEqual(inOneZone(SAMPLE.events));
  const { id, software, trace_id, room } = SAMPLE.session;
  expect(state.session).toMatchObject({ id, trace_id, ...(room !== undefined && { room }) });
  expect(state.session.software).toMatchObject(software);
});

it("any record gives spans that OpenTelemetry's serializers take, with valid ids", () => {
  fc.assert(
    fc.property(anyCall, (call) => {
      const spans = makeRecordSpans(call, "agent");
      expect(ProtobufTraceSerializer.serializeRequest(spans)?.length).toBeGreaterThan(0);
      for (const span of spans) {
        expect(span.spanContext().traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
        expect(span.spanContext().spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
        expect(span.endTime[0] * 1e9 + span.endTime[1]).toBeGreaterThanOrEqual(
          span.startTime[0] * 1e9 + span.startTime[1],
        );
      }
    }),
  );
});

it("otlp has the spans as OpenTelemetry's serializer writes them, one request a line", async () => {
  const file = await exportCalls("otlp", [SAMPLE]);
  const lines = file.trimEnd().split("\n");
  const expected = JsonTraceSerializer.serializeRequest(makeRecordSpans(SAMPLE, "voice-agent"));
  expect(lines.flatMap(spansIn)).toEqual(spansIn(Buffer.from(expected ?? []).toString("utf8")));
  for (const line of lines) expect(encodeProtobuf(Buffer.from(line)).length).toBeGreaterThan(0);
});

interface OtlpRequest {
  resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
}

function spansIn(request: string): unknown[] {
  const { resourceSpans } = JSON.parse(request) as OtlpRequest;
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

it("otlp of an empty call has the spans of its beginning", async () => {
  expect((await exportCalls("otlp", [makeCall([])])).split("\n")).toHaveLength(2);
});

it("`talktrace replay` sends the spans of a call, and an endpoint takes them as valid", async () => {
  const { code, stdout } = await runCli(
    "replay",
    SAMPLE_PATH,
    "--endpoint",
    receiver.url,
    "--json",
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    calls: [{ name: SAMPLE_PATH, trace_id: SAMPLE.session.trace_id, spans: SPANS.length }],
  });
  expect(receiver.spans.map(({ spanId }) => spanId)).toEqual(
    SPANS.map((span) => span.spanContext().spanId),
  );
  const heard = receiver.spans.find(({ spanId }) => spanId === SAMPLE.conversation[1]?.span_id);
  expect(heard?.attributes["content"]).toBe("Hello, can you tell me where my parcel is?");
});

it.each([
  [{ status: 400 }, "400"],
  ["garbage" as const, "spans were taken"],
])("`talktrace replay` fails with the reason if the endpoint answers %j", async (mode, reason) => {
  receiver.mode = mode;
  const { code, stderr } = await runCli("replay", SAMPLE_PATH, "--endpoint", receiver.url);
  expect(code).toBe(1);
  expect(stderr).toContain("Cannot send");
  expect(stderr).toContain(reason);
});

it("`talktrace replay` shows no secret of the endpoint's URL, and refuses what is no URL", async () => {
  receiver.mode = { status: 500 };
  const secret = receiver.url.replace("http://", "http://user:secret@");
  const { stderr } = await runCli("replay", SAMPLE_PATH, "--endpoint", secret);
  expect(stderr).not.toContain("secret");
  const { code } = await runCli("replay", SAMPLE_PATH, "--endpoint", "nonsense");
  expect(code).toBe(2);
});
