import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { ATTR } from "../../../otel/spans/attributes.js";
import { type SpanRecord, decodeSpan } from "../../../otel/spans/decode-span.js";
import { readPackageVersion, toTimestamp } from "../../record/index.js";
import { boundDepth } from "../../record/bound-depth.js";
import {
  type ConversationState,
  applyOperation,
  beginConversation,
} from "../../store/document/conversation-state.js";
import { checkOperation } from "../../store/document/check-operation.js";
import type { Operation } from "../../store/document/operations.js";
import { asRead } from "../../store/document/render-document.js";
import { textAt } from "../fields.js";
import type { ImportedConversation } from "../import-format.js";
import { type ReceivedSpan, byStart, orderOf } from "./received-span.js";
import type { SpanProducer } from "./span-producer.js";

const NAME = "talktrace_spans";

/** TalkTrace's own spans. They hold all that its document has. */
export const talktraceSpans: SpanProducer = {
  forms: [
    {
      name: NAME,
      origin: "TalkTrace's own spans, from a Collector or from `talktrace export --format otlp`",
      recognizedBy: "the attribute `talktrace.session.id`",
      kept: "everything that the document has; ids and times are the same",
      missing:
        "counts of what could not be kept (`integrity`), the status `recovered` of a call whose process died later than its last span",
    },
  ],
  takes: ({ attributes }) => textAt(attributes, ATTR.sessionId) !== undefined,
  groupOf: ({ attributes }) => textAt(attributes, ATTR.sessionId) ?? "",
  readCalls: (spans) => {
    const call = new OwnCall(spans).read();
    return call === undefined ? [] : [call];
  },
};

/** The kinds of records in the order in which they can be applied. Each kind is sorted by time. */
const ORDER: readonly SpanRecord["kind"][] = [
  "open",
  "message",
  "playout",
  "unspoken",
  "amendment",
  "session",
  "event",
  "close",
];

interface TimedRecord {
  span: ReceivedSpan;
  record: SpanRecord;
}

class OwnCall {
  readonly #spans: readonly ReceivedSpan[];
  readonly #records: TimedRecord[] = [];
  readonly #generated = new Map<string, string>();
  #unread = 0;

  constructor(spans: readonly ReceivedSpan[]) {
    this.#spans = spans;
    for (const span of spans) {
      if (typeof span.attributes[ATTR.record] !== "string") continue;
      try {
        this.#records.push({ span, record: decodeSpan(toReadableSpan(span)) });
      } catch {
        // An attribute was taken away or changed on the way, so this span says nothing.
        this.#unread += 1;
      }
    }
  }

  read(): ImportedConversation | undefined {
    if (this.#records.length === 0) return undefined;
    const records = this.#records.toSorted(inOrder);
    const state = this.#begin(records);
    for (const { record } of records)
      for (const operation of this.#toOperations(record, state)) this.#apply(state, operation);
    if (state.session.status === "open") state.session = { ...state.session, status: "recovered" };
    state.integrity.dropped = this.#unread;
    const conversation = asRead(state, NAME);
    if (conversation === undefined) return undefined;
    const isOpened = records.some(({ record }) => record.kind === "open");
    return {
      format: NAME,
      conversation,
      hasOwnId: true,
      missing: [
        ...(isOpened ? [] : ["the start of the call, with room and versions"]),
        ...(conversation.session.status === "recovered" ? ["the end of the call"] : []),
        ...(this.#unread === 0 ? [] : [`what ${this.#unread} damaged spans held`]),
      ],
    };
  }

  #begin(records: readonly TimedRecord[]): ConversationState {
    for (const { record } of records) {
      if (record.kind !== "open") continue;
      const operation = {
        op: "open" as const,
        journal: 1,
        session: record.session,
        owner: { pid: 0, host: "" },
      };
      const { valid } = checkOperation(operation as Parameters<typeof checkOperation>[0]);
      if (valid?.op === "open") return beginConversation(valid.session);
    }
    const [first] = this.#spans;
    return beginConversation({
      id: first === undefined ? "" : (textAt(first.attributes, ATTR.sessionId) ?? ""),
      started_at: toTimestamp(first === undefined ? 0 : orderOf(first)),
      ...(first !== undefined && { trace_id: first.traceId }),
      software: { talktrace: readPackageVersion() },
    });
  }

  #apply(state: ConversationState, operation: Operation): void {
    const { valid } = checkOperation(operation);
    if (valid !== undefined && applyOperation(state, valid) === undefined) return;
    this.#unread += 1;
  }

  #toOperations(record: SpanRecord, state: ConversationState): Operation[] {
    switch (record.kind) {
      case "message": {
        const { message, unspoken, interrupts } = record;
        this.#generated.set(message.id, message.content);
        const operations: Operation[] = [
          { op: "add", message: { ...message, seq: state.lastSeq + 1 } },
        ];
        if (unspoken !== undefined) operations.push({ op: "retract", id: message.id, ...unspoken });
        if (interrupts !== undefined)
          operations.push({
            op: "amend",
            id: interrupts,
            amendment: { interrupted_by: message.id },
          });
        return operations;
      }
      case "playout": {
        const { messageId: id } = record;
        const { heard, amendment } = record.amendment;
        const generated = this.#generated.get(id);
        if (heard === undefined || heard === generated) return [{ op: "amend", id, amendment }];
        const words = { content: heard, ...(generated !== undefined && { generated }) };
        return [{ op: "amend", id, amendment: { ...amendment, ...words } }];
      }
      case "unspoken":
        return [{ op: "retract", id: record.messageId, reason: record.reason }];
      case "amendment":
        return [{ op: "amend", id: record.messageId, amendment: record.amendment }];
      case "event": {
        const data = boundDepth(record.event.data) as typeof record.event.data;
        return [{ op: "event", event: { ...record.event, data } }];
      }
      case "session":
        return [{ op: "session", amendment: record.amendment }];
      case "close":
        return [{ op: "close", end: record.end }];
      case "open":
        return [];
    }
  }
}

/**
 * A message reached the record when its span ended, and anything else when it began. An interruption is
 * applied with the words that interrupted, so the reply must be there: it is always older.
 */
function inOrder(a: TimedRecord, b: TimedRecord): number {
  const byKind = ORDER.indexOf(a.record.kind) - ORDER.indexOf(b.record.kind);
  if (byKind !== 0) return byKind;
  if (a.record.kind !== "message") return byStart(a.span, b.span);
  return (a.span.endMs ?? 0) - (b.span.endMs ?? 0) || byStart(a.span, b.span);
}

/** The span in the form in which TalkTrace's decoder takes it. */
function toReadableSpan(span: ReceivedSpan): ReadableSpan {
  const { traceId, spanId, name, attributes, resource, startMs = 0, endMs = startMs } = span;
  const [startTime, endTime] = [toHrTime(startMs), toHrTime(endMs)];
  return {
    name,
    kind: 0,
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    startTime,
    endTime,
    duration: [0, 0],
    status: { code: 0 },
    attributes: attributes as ReadableSpan["attributes"],
    events: [],
    links: [],
    ended: true,
    resource: {
      attributes: resource as ReadableSpan["resource"]["attributes"],
      merge: (other) => other ?? toReadableSpan(span).resource,
      getRawAttributes: () => [],
    },
    instrumentationScope: { name: span.scope },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function toHrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
