import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ConversationExporter } from "../../../otel/index.js";
import { makeRecordSpans } from "../../../otel/record-spans.js";
import { ImportError } from "../../../src/import/index.js";
import { type Conversation, parseConversation } from "../../../src/record/index.js";
import { openStore } from "../../../src/store/index.js";
import { anyCall } from "../../export/support/any-call.js";
import { readSample } from "../../export/support/calls.js";
import { generateCall } from "../../support/generate-call.js";
import { importBytes, importOne } from "../support/import-calls.js";
import { NODE_1_8, makeLivekitSpans } from "./support/made-calls.js";
import { makeRequest } from "./support/make-trace.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "talktrace-spans-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The file that the real exporter and the real store write of spans. */
async function record(spans: readonly ReadableSpan[]): Promise<Conversation> {
  const store = openStore({ directory: folder });
  const exporter = new ConversationExporter({ sink: store });
  for (const span of spans) exporter.export([span], () => undefined);
  await exporter.shutdown();
  const [name = ""] = readdirSync(folder).filter((each) => each.endsWith(".json"));
  return parseConversation(readFileSync(path.join(folder, name), "utf8"), name);
}

function serialize(spans: readonly ReadableSpan[]): Buffer {
  return Buffer.from(JsonTraceSerializer.serializeRequest([...spans]) ?? []);
}

it.each([
  ["the demo's call", () => readSample()],
  ["a generated call", () => generateCall(7, false).conversation],
  ["another generated call", () => generateCall(4271, true).conversation],
])("the spans of %s give the document that the exporter wrote of them", async (_name, make) => {
  const spans = makeRecordSpans(make(), "agent");
  const file = await record(spans);
  const call = await importOne(serialize(spans));
  expect(call.format).toBe("talktrace_spans");
  expect(call.conversation).toEqual(file);
});

it("spans in any order, some of them twice, give the same document", async () => {
  const spans = makeRecordSpans(readSample(), "agent");
  const expected = await importOne(serialize(spans));
  const order = fc.shuffledSubarray([...spans], { minLength: spans.length });
  await fc.assert(
    fc.asyncProperty(order, fc.nat({ max: spans.length }), async (shuffled, twice) => {
      const call = await importOne(serialize([...shuffled, ...shuffled.slice(twice)]));
      expect(call).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});

it("any call's spans, and any part of them, give a document that can be read, or a reason", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, fc.infiniteStream(fc.boolean()), async (call, keeps) => {
      const all = makeRecordSpans(call, "agent");
      const some = all.filter(() => keeps.next().value === true);
      for (const spans of [all, some]) {
        if (spans.length === 0) continue;
        const outcome = await importBytes(serialize(spans)).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof ImportError).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

it("a call without the span of its start keeps its words and says what is missing", async () => {
  const spans = makeRecordSpans(readSample(), "agent").filter(
    ({ name }) => name !== "conversation",
  );
  const call = await importOne(serialize(spans));
  expect(call.missing).toEqual(["the start of the call, with room and versions"]);
  expect(call.conversation.conversation.map(({ content }) => content)).toEqual(
    readSample().conversation.map(({ content }) => content),
  );
});

it("a call without the span of its end is recovered", async () => {
  const spans = makeRecordSpans(readSample(), "agent").filter(
    ({ name }) => name !== "conversation_end",
  );
  const call = await importOne(serialize(spans));
  expect(call.conversation.session.status).toBe("recovered");
  expect(call.missing).toEqual(["the end of the call"]);
});

it("where TalkTrace and LiveKit tell of one trace, it is one call, and TalkTrace's", async () => {
  const spans = makeRecordSpans(readSample(), "agent");
  const traceId = spans[0]?.spanContext().traceId ?? "";
  const livekit = makeRequest(NODE_1_8.resource, "livekit-agents", makeLivekitSpans(NODE_1_8));
  const both = JSON.parse(serialize(spans).toString("utf8")) as typeof livekit;
  const text = JSON.stringify([livekit, both]).replaceAll(
    livekit.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.traceId ?? "",
    traceId,
  );
  const call = await importOne(text);
  expect(call).toEqual(await importOne(serialize(spans)));
});
