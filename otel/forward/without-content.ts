import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base";
import { TRACER_NAME } from "../spans/attributes.js";
import { copySpan } from "../spans/copy-span.js";
import type { SpanForwarder } from "./forwarder.js";

/** A forwarder that can withhold people's words. */
export interface ContentFreeForwarder extends SpanForwarder {
  /**
   * From now on other tracers' spans are written and sent without words that people said, typed or gave
   * to a tool. TalkTrace's own spans stay unchanged, because their content may be written.
   */
  withholdContent(): void;
}

/** Keys that LiveKit marks as personal, and keys of the GenAI conventions that hold content. */
const CONTENT_KEYS = [
  /(?:^|\.)pii(?:\.|$)/i,
  /^gen_ai\.(?:prompt|completion|system_instructions|input\.messages|output\.messages)(?:\.|$)/,
  /^gen_ai\.tool\.(?:definitions|description|call\.(?:arguments|result))$/,
  /^gen_ai\.(?:retrieval\.(?:documents|query\.text)|memory\.(?:records|query\.text))$/,
  /^gen_ai\.evaluation\.explanation$/,
  // An error may repeat the words that a service was given.
  /^exception\.(?:message|stacktrace)$/,
  // A model's sentence about an answering machine's words.
  /^lk\.amd\.reason$/,
];

/** Makes a forwarder able to withhold content. It does so only after `withholdContent()`. */
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
 * A live view of the span, because a span that has begun is written later. Other processors see the
 * span itself with all its content.
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
  // Such an event is a message, whose attributes have no names of their own.
  if (event.name.startsWith("gen_ai.")) return [];
  const { attributes } = event;
  return [
    attributes === undefined ? event : { ...event, attributes: withoutContentKeys(attributes) },
  ];
}
