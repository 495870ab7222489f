import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";
import {
  type ConversationSink,
  type LossCount,
  type MessageAmendment,
  writeToStderr,
} from "../src/record/index.js";
import {
  type ConversationMetrics,
  createConversationMetrics,
} from "./metrics/conversation-metrics.js";
import { ConversationLines, type PrintLine } from "./conversation-lines.js";
import type { Forwarder } from "./forward/forwarder.js";
import { messageOf } from "../src/platform/message-of.js";
import { withoutTracing } from "./spans/without-tracing.js";
import { type Playback, type SpanRecord, decodeSpan, sessionIdOf } from "./spans/decode-span.js";
import { isRecorded } from "./spans/recorded-span.js";

export interface ConversationExporterOptions {
  /** The sink of the record, e.g. `openStore()` of `talktrace/store`. */
  sink: ConversationSink & Partial<LossCount> & { pathOf?(sessionId: string): string | undefined };
  /** Gets every span, TalkTrace's and all others. Default: none, so other processors must forward. */
  forwarder?: Forwarder;
  /** Counts what is recorded. Default: uses the global meter provider, if one is registered. */
  metrics?: ConversationMetrics;
  /**
   * Called with lines about calls, and with fields that distinguish the calls. Default: none. The lines
   * are:
   *
   * - `[USER] ...` and `[AGENT] ...`
   * - the unheard part of a reply
   * - the path of a call's record, and how the call ended
   */
  printLine?: PrintLine;
  /** Called with one line for a fault of the record itself. Default: stderr. */
  reportProblem?: (line: string) => void;
}

/**
 * Writes the record from spans, and forwards every span.
 *
 * - Conversations that `observe()` sees in this process are written when each span ends, whatever
 *   sampler, limits or resource the SDK has.
 * - Other spans come by `export()`. Use a processor that exports each span at its end
 *   (`SimpleSpanProcessor`).
 * - Forwarding is batched and follows the record. The two fail independently.
 *
 * It never throws and never changes a span.
 */
export class ConversationExporter implements SpanExporter {
  readonly #sink: ConversationSink;
  readonly #forwarder: Forwarder | undefined;
  readonly #metrics: ConversationMetrics;
  readonly #lines: ConversationLines | undefined;
  readonly #reportProblem: (line: string) => void;
  /** The whole text of each message whose playout has not ended, by session and message. */
  readonly #pending = new Map<string, Map<string, string>>();

  constructor(options: ConversationExporterOptions) {
    this.#sink = options.sink;
    this.#forwarder = options.forwarder;
    this.#metrics =
      options.metrics ??
      createConversationMetrics({ observe: () => ({ recordLost: options.sink.lost }) });
    const { printLine } = options;
    this.#lines =
      printLine &&
      new ConversationLines(
        (...line) => this.#attempt("print", undefined, () => printLine(...line)),
        (sessionId) => options.sink.pathOf?.(sessionId),
      );
    this.#reportProblem = options.reportProblem ?? writeToStderr;
    exporters.add(this);
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    withoutTracing(() => {
      for (const span of spans) {
        this.#recordExported(span);
        this.#attempt("forward", span, () => this.#forwarder?.forward(span));
      }
    });
    // The record counts its losses, and the forwarder counts its own. A span processor that was told of
    // a failure could do nothing better.
    done({ code: ExportResultCode.SUCCESS });
  }

  /** Records one ended span of a conversation. Never throws. */
  record(span: ReadableSpan): void {
    withoutTracing(() => {
      this.#attempt("record", span, () => {
        const sessionId = sessionIdOf(span);
        if (sessionId !== undefined) this.#record(sessionId, decodeSpan(span), span);
      });
    });
  }

  /**
   * Records a span that an SDK exports. A span that is recorded already is skipped, because the
   * exported copy may have lost something.
   */
  #recordExported(span: ReadableSpan): void {
    if (isRecorded(span)) return;
    const sessionId = sessionIdOf(span);
    if (sessionId !== undefined && ownSessions.has(sessionId)) return;
    if (sessionId !== undefined) return this.record(span);
    this.#attempt("count", span, () => this.#metrics.noteForeign(span));
  }

  /** Resolves when the record is on disk, and the spans that the endpoint takes in time are sent. */
  forceFlush(): Promise<void> {
    return withoutTracing(async () => {
      // The record comes first, because a dead collector must not delay it.
      await this.#settle("record", () => this.#sink.flush());
      await Promise.all([
        this.#settle("forwarder", () => this.#forwarder?.flush()),
        this.#settle("metrics", () => this.#metrics.flush()),
      ]);
    });
  }

  /** Resolves when the record is on disk. */
  flushRecord(): Promise<void> {
    return withoutTracing(() => this.#settle("record", () => this.#sink.flush()));
  }

  shutdown(): Promise<void> {
    exporters.delete(this);
    return withoutTracing(async () => {
      await this.#settle("record", () => this.#sink.shutdown());
      await this.#settle("forwarder", () => this.#forwarder?.shutdown());
    });
  }

  #record(sessionId: string, record: SpanRecord, span: ReadableSpan): void {
    const amendment = record.kind === "playout" ? this.#amendmentOf(sessionId, record) : undefined;
    this.#write(sessionId, record, amendment);
    // The record comes first. A fault of the lines must not lose the metrics, or the other way round.
    this.#attempt("print", span, () =>
      this.#lines?.note(sessionId, record, amendment, () => this.flushRecord()),
    );
    this.#attempt("count", span, () => this.#metrics.note(sessionId, record, span, amendment));
  }

  #write(sessionId: string, record: SpanRecord, amendment: MessageAmendment | undefined): void {
    const sink = this.#sink;
    switch (record.kind) {
      case "open":
        this.#pending.set(sessionId, new Map());
        sink.open(record.session);
        break;
      case "message": {
        const { message, unspoken, interrupts } = record;
        sink.add(sessionId, message);
        if (unspoken !== undefined) {
          sink.retract(sessionId, message.id, unspoken.reason, unspoken.error);
          break;
        }
        if (message.role === "agent" && message.delivery === "pending") {
          this.#pending.get(sessionId)?.set(message.id, message.content);
        }
        if (interrupts !== undefined) {
          sink.amend(sessionId, interrupts, { interrupted_by: message.id });
        }
        break;
      }
      case "playout":
        sink.amend(sessionId, record.messageId, amendment ?? record.amendment.amendment);
        this.#pending.get(sessionId)?.delete(record.messageId);
        break;
      case "unspoken":
        sink.retract(sessionId, record.messageId, record.reason);
        this.#pending.get(sessionId)?.delete(record.messageId);
        break;
      case "amendment":
        sink.amend(sessionId, record.messageId, record.amendment);
        break;
      case "event":
        sink.addEvent(sessionId, record.event);
        break;
      case "session":
        sink.amendSession(sessionId, record.amendment);
        break;
      case "close":
        sink.close(sessionId, record.end);
        this.#pending.delete(sessionId);
        break;
    }
  }

  #amendmentOf(
    sessionId: string,
    { messageId, amendment: playback }: { messageId: string; amendment: Playback },
  ): MessageAmendment {
    const { heard, amendment } = playback;
    const generated = this.#pending.get(sessionId)?.get(messageId);
    if (heard === undefined || heard === generated) return amendment;
    return { ...amendment, content: heard, ...(generated === undefined ? {} : { generated }) };
  }

  async #settle(what: string, work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#report(() => `Could not finish its ${what}`, error);
    }
  }

  /** Does one part of the work. Its fault is reported, and does not reach the other parts. */
  #attempt(verb: string, span: ReadableSpan | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#report(() => `Could not ${verb} ${span ? `the span "${span.name}"` : "a line"}`, error);
    }
  }

  #report(fact: () => string, error: unknown): void {
    try {
      this.#reportProblem(`${fact()}: ${messageOf(error)}`);
    } catch {
      // A failing reporter must not reach the agent.
    }
  }
}

/** The exporters of this process that are not shut down. */
const exporters = new Set<ConversationExporter>();

/** How many sessions are remembered, because an SDK may export copies of their spans late. */
const MAX_OWN_SESSIONS = 10_000;

/** The latest sessions of this process whose spans `recordSpan()` got. */
const ownSessions = new Set<string>();

/**
 * Writes one ended span of a conversation to every record of this process. The span does not pass an
 * SDK. So no sampler, no limit and no late resource affects the record.
 */
export function recordSpan(span: ReadableSpan): void {
  const sessionId = sessionIdOf(span);
  if (sessionId === undefined) return;
  if (!ownSessions.has(sessionId)) {
    ownSessions.add(sessionId);
    const [oldest] = ownSessions;
    if (ownSessions.size > MAX_OWN_SESSIONS && oldest !== undefined) ownSessions.delete(oldest);
  }
  for (const exporter of exporters) exporter.record(span);
}

/** Whether any exporter in this process writes a record. */
export function hasConversationExporter(): boolean {
  return exporters.size > 0;
}

/** Writes every record of this process to disk. */
export async function flushRecords(): Promise<void> {
  await Promise.all([...exporters].map((exporter) => exporter.flushRecord()));
}

/** Writes every record of this process to disk, and sends the spans that can be sent in time. */
export async function flushConversations(): Promise<void> {
  await Promise.all([...exporters].map((exporter) => exporter.forceFlush()));
}
