import type { ImportFormatFacts, ImportedConversation } from "../import-format.js";
import type { ReceivedSpan } from "./received-span.js";

/** Software whose spans tell of calls. */
export interface SpanProducer {
  /** The forms of its calls: one a software, whatever version wrote them. */
  forms: readonly ImportFormatFacts[];
  /** Whether a span is this software's. Pure. */
  takes(span: ReceivedSpan): boolean;
  /** What spans of one call have in common. */
  groupOf(span: ReceivedSpan): string;
  /**
   * The calls that a group's spans tell of. Pure: the order of the spans has no effect, parents may be
   * missing, and no span is there twice.
   */
  readCalls(spans: readonly ReceivedSpan[]): ImportedConversation[];
}
