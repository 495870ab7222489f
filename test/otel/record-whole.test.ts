import { type Tracer, trace } from "@opentelemetry/api";
import { emptyResource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  SamplingDecision,
  SimpleSpanProcessor,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConversationExporter, recordSpan, startConversation } from "../../otel/index.js";
import type { Conversation, Word } from "../../src/record/index.js";
import { openStore, readConversation } from "../../src/store/index.js";
import { makeFolder } from "../store/support/folder.js";

type ProviderOptions = NonNullable<ConstructorParameters<typeof BasicTracerProvider>[0]>;

const START = 1_755_520_222_000;
/** `recordSpan()` remembers a session's id for the whole process, so no other test may have this one. */
const SESSION_ID = "s_record_whole";
const LONG = "A sentence of many words that goes on. ".repeat(40).trim();
const ATTRIBUTES = Object.fromEntries(
  Array.from({ length: 200 }, (_, index) => [`key.${index}`, `value ${index}`]),
);

/** A conversation with everything that a span can carry. */
function hold(tracer: Tracer, id: string): void {
  const software = { talktrace: "0.1.0", node: "20.0.0" };
  const session = {
    id,
    started_at: "2025-08-18T14:30:22.000000+00:00",
    software,
    attributes: ATTRIBUTES,
  };
  const spans = startConversation(tracer, session, "RM_1", START, undefined, {
    record: recordSpan,
  });
  const words: Word[] = LONG.split(" ").map((text, n) => ({ text, at_s: n, until_s: n + 1 }));
  spans.amendSession(
    "participant_joined",
    { participants: [{ identity: "caller", id: "PA_1", kind: "sip" }] },
    START,
  );
  const stt = { source: "deepgram_stt", provider: "deepgram", model: "nova-3" };
  const heard = { ...stt, id: "m_1", turnId: "t_1", content: LONG, words, durationS: 2 };
  spans.transcript({
    ...heard,
    startedMs: START,
    endedMs: START + 2000,
    timestampMs: START + 2100,
  });
  const tts = { source: "cartesia_tts", provider: "cartesia", model: "sonic-3" };
  spans.startSynthesis(tts, START + 2500).end(
    {
      ...tts,
      id: "m_2",
      turnId: "t_1",
      content: LONG,
      timestampMs: START + 2500,
      durationS: 3,
    },
    START + 2900,
  );
  spans.startPlayout("m_2", START + 2600).end(
    {
      messageId: "m_2",
      delivery: "partial",
      startedMs: START + 2600,
      endedMs: START + 4000,
      heard: LONG.slice(0, 100),
      heardBy: "word_times",
      words,
      playedS: 1.4,
    },
    START + 4000,
  );
  spans.event({
    type: "error",
    atMs: START + 4100,
    data: { message: LONG, deep: [1, { a: LONG }] },
  });
  spans.end({ endedMs: START + 5000, reason: "user_initiated" });
}

/** Records one conversation through a setup of somebody's own; gives the record without ids of spans. */
async function record(
  options: ProviderOptions,
  makeProcessor: (exporter: ConversationExporter) => SpanProcessor[] = (exporter) => [
    new SimpleSpanProcessor(exporter),
  ],
  findTracer = (provider: BasicTracerProvider) => provider.getTracer("talktrace"),
): Promise<Conversation> {
  const store = openStore({ directory: makeFolder() });
  const problems: string[] = [];
  const exporter = new ConversationExporter({
    sink: store,
    reportProblem: (line) => problems.push(line),
  });
  const provider = new BasicTracerProvider({ ...options, spanProcessors: makeProcessor(exporter) });
  onTestFinished(() => exporter.shutdown());
  hold(findTracer(provider), SESSION_ID);
  await store.flush();
  const { conversation } = await readConversation(store.pathOf(SESSION_ID) ?? "");
  await provider.forceFlush().catch(() => undefined);
  await store.flush();
  // What is exported later by the SDK adds nothing to it, and is no problem.
  const after = await readConversation(store.pathOf(SESSION_ID) ?? "");
  expect(after.conversation).toEqual(conversation);
  expect(problems).toEqual([]);
  return JSON.parse(
    JSON.stringify(conversation, (key, value: unknown) =>
      key === "trace_id" || key === "span_id" ? "some id" : value,
    ),
  ) as Conversation;
}

describe("the record of a conversation is whole", () => {
  const SETUPS: [string, ProviderOptions][] = [
    ["a sampler that takes no span", { sampler: new AlwaysOffSampler() }],
    ["a ratio of 0", { sampler: new TraceIdRatioBasedSampler(0) }],
    [
      "a sampler that only records",
      { sampler: { shouldSample: () => ({ decision: SamplingDecision.RECORD }) } },
    ],
    ["a limit of 128 characters", { spanLimits: { attributeValueLengthLimit: 128 } }],
    ["a limit of 1 character", { spanLimits: { attributeValueLengthLimit: 1 } }],
    ["a limit of 4 attributes", { spanLimits: { attributeCountLimit: 4 } }],
    [
      "a limit of no attribute and no event",
      { spanLimits: { attributeCountLimit: 0, eventCountLimit: 0 } },
    ],
    [
      "a resource that resolves never",
      {
        resource: resourceFromAttributes({ late: new Promise<string>(() => undefined) }),
        // The processors of the SDK wait so long for it when they are flushed.
        forceFlushTimeoutMillis: 500,
      },
    ],
  ];

  it.each(SETUPS)("with %s", async (_, options) => {
    const wanted = await record({ resource: emptyResource() });
    expect(wanted.conversation).toHaveLength(2);
    expect(wanted.conversation[0]?.content).toBe(LONG);
    expect(Object.keys(wanted.session.attributes ?? {})).toHaveLength(200);
    expect(wanted.session.status).toBe("complete");
    expect(wanted.integrity.dropped).toBe(0);
    expect(await record({ resource: emptyResource(), ...options })).toEqual(wanted);
  });

  it("without any OpenTelemetry, and with an exporter that gets its spans in batches, later", async () => {
    const wanted = await record({ resource: emptyResource() });
    const noTracer = (): Tracer => trace.getTracer("nobody registered a provider");
    expect(await record({}, () => [], noTracer)).toEqual(wanted);
    const inBatches = (exporter: ConversationExporter) => [new BatchSpanProcessor(exporter)];
    expect(await record({ resource: emptyResource() }, inBatches)).toEqual(wanted);
  });
});
