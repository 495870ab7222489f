import type { ImportedConversation } from "../import-format.js";
import { SPAN_PRODUCERS } from "./producers.js";
import { type ReceivedSpan, byStart, orderOf } from "./received-span.js";
import type { SpanProducer } from "./span-producer.js";

interface SpanGroup {
  producer: SpanProducer;
  /** By trace and id, because a span may come twice. */
  spans: Map<string, ReceivedSpan>;
}

/**
 * Spans of any calls, as they come: in any order, and some of them twice. It keeps each span of a known
 * software until its call is read.
 */
export class SpanCalls {
  readonly #groups = new Map<string, SpanGroup>();
  /** The rank of the best producer of each trace. */
  readonly #ranks = new Map<string, number>();

  /** Whether the span is of a known software. Any other is not kept. */
  add(span: ReceivedSpan): boolean {
    const rank = SPAN_PRODUCERS.findIndex((each) => each.takes(span));
    const producer = SPAN_PRODUCERS[rank];
    if (producer === undefined) return false;
    const key = `${rank} ${producer.groupOf(span)}`;
    const group = this.#groups.get(key) ?? { producer, spans: new Map<string, ReceivedSpan>() };
    this.#groups.set(key, group);
    const spanKey = `${span.traceId} ${span.spanId}`;
    const known = group.spans.get(spanKey);
    if (known === undefined || isFuller(span, known)) group.spans.set(spanKey, span);
    const { traceId } = span;
    this.#ranks.set(traceId, Math.min(rank, this.#ranks.get(traceId) ?? rank));
    return true;
  }

  /**
   * The calls, the earliest first. Where two producers tell of one trace, it is one call, and the first
   * one in the list of producers knows most of it.
   */
  *read(): Generator<ImportedConversation, undefined> {
    const groups = [...this.#groups.values()].flatMap(({ producer, spans }) => {
      const rank = SPAN_PRODUCERS.indexOf(producer);
      const own = [...spans.values()].filter(({ traceId }) => this.#ranks.get(traceId) === rank);
      return own.length === 0 ? [] : [{ producer, spans: own.toSorted(byStart) }];
    });
    const inOrder = groups.toSorted((a, b) => startOf(a.spans) - startOf(b.spans));
    for (const { producer, spans } of inOrder) yield* producer.readCalls(spans);
    return undefined;
  }
}

function startOf([first]: readonly ReceivedSpan[]): number {
  return first === undefined ? 0 : orderOf(first);
}

/** Of two versions of a span the later and larger one is kept, whichever came first. */
function isFuller(span: ReceivedSpan, known: ReceivedSpan): boolean {
  const [a, b] = [weigh(span), weigh(known)];
  return a > b || (a === b && JSON.stringify(span) > JSON.stringify(known));
}

function weigh({ endMs = 0, attributes }: ReceivedSpan): number {
  return endMs * 1e3 + Object.keys(attributes).length;
}
