import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base";
import { TRACER_NAME } from "../spans/attributes.js";
import { copySpan } from "../spans/copy-span.js";
import type { SpanForwarder } from "./forwarder.js";

/** A forwarder that can keep to itself what people said. */
export interface ContentFreeForwarder extends SpanForwarder {
  /**
   * From now on the spans of others are written down and sent without what people said, typed or
   * gave to a tool. TalkTrace's own stay as they are: what is in them may be written.
   */
  withholdContent(): void;
}

/** Keys that LiveKit marks as personal, and those of the GenAI conventions that hold content. */
const CONTENT_KEYS = [
  /(?:^|\.)pii(?:\.|$)/i,
  /^gen_ai\.(?:prompt|completion|system_instructions|input\.messages|output\.messages)(?:\.|$)/,
  /^gen_ai\.tool\.(?:definitions|description|call\.(?:arguments|result))$/,
  /^gen_ai\.(?:retrieval\.(?:documents|query\.text)|memory\.(?:records|query\.text))$/,
  /^gen_ai\.evaluation\.explanation$/,
  // An error may repeat what a service was given.
  /^exception\.(?:message|stacktrace)$/,
  // A model's sentence on what an answering machine said.
  /^lk\.amd\.reason$/,
];

/** Lets a forwarder keep content to itself, once it is told to. */
export function withoutContent(forwarder: SpanForwarder): ContentFreeForwarder {
  let isWithheld = false;
  const pass = (span: ReadableSpan): ReadableSpan =>
    span.instrumentationScope.name === TRACER_NAME ? span : viewOf(span, () => isWithheld);
  return {
    ...forwarder,
    begin: (span) => forwarder.begin(pass(span)),
    forward: (span) => forwarder.forward(isWithheld ? pass(span) : span),
    withholdContent() {
      isWithheld = true;
      // A new file of the spool begins with the open spans, which were encoded before.
      forwarder.reencodeOpenSpans();
    },
  };
}

/**
 * The span as it is now, whenever that is: one that has begun is written down later, and others that
 * see the span itself get all of it.
 */
function viewOf(span: ReadableSpan, isWithheld: () => boolean): ReadableSpan {
  return {
    ...copySpan(span, {}),
    get name() {
      return span.name;
    },
    get attributes() {
      return isWithheld() ? withoutContentKeys(span.attributes) : span.attributes;
    },
    get events() {
      return isWithheld() ? span.events.flatMap(withoutWords) : span.events;
    },
    get status() {
      return isWithheld() ? { code: span.status.code } : span.status;
    },
    get endTime() {
      return span.endTime;
    },
    get duration() {
      return span.duration;
    },
    get ended() {
      return span.ended;
    },
  };
}

function withoutContentKeys<T>(attributes: { [key: string]: T }): { [key: string]: T } {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key]) => !CONTENT_KEYS.some((content) => content.test(key)),
    ),
  );
}

function withoutWords(event: TimedEvent): TimedEvent[] {
  // Such an event is a message, in attributes without a name of their own.
  if (event.name.startsWith("gen_ai.")) return [];
  const { attributes } = event;
  return [
    attributes === undefined ? event : { ...event, attributes: withoutContentKeys(attributes) },
  ];
}
