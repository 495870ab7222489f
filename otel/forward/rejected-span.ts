import type { SpanJson } from "../spool/span-json.js";
import type { WaitingSpan } from "../spool/spool-file.js";
import type { Spool, SpoolBatch } from "../spool/spool.js";
import type { EndpointState } from "./endpoint-state.js";
import { FORWARDER_LIMITS } from "./forwarder.js";
import type { MemoryQueue } from "./memory-queue.js";
import type { OtlpSender } from "./otlp-sender.js";
import { sendSpans } from "./send-spans.js";
import type { Failure } from "./verdict.js";

/**
 * A span is given up after this many refusals in a row, if the endpoint accepted another span each
 * time. An endpoint that changes its mind in between must not lose a span.
 */
const REFUSALS = 5;

/** A waiting span that was refused when it was sent alone. */
export interface Suspect {
  /** Identifies the span: the same for each refusal of it. */
  place: string;
  body: Uint8Array;
  /** Another span that waits behind it; undefined if there is none. Each turn gives the next one. */
  takeOther(turn: number): Promise<OtherSpan | undefined>;
  /** Moves it behind all other spans. Returns false if it is the last already. */
  requeue(): boolean;
  /** The span goes on waiting in its place. */
  keep(): void;
  giveUp(): void;
}

/** A span with which the suspect is compared. */
export interface OtherSpan {
  span: { resource: string; body: Uint8Array };
  onDelivered(): void;
  /** The span goes on waiting. */
  keep(): void;
}

export interface RejectedSpanOptions {
  sender: OtlpSender;
  endpoint: EndpointState;
  isClosed: () => boolean;
}

/** Decides who is at fault if a single span is refused: the span or the endpoint. */
export interface RejectedSpan {
  /** Returns whether to continue at once. */
  isolate(suspect: Suspect, refusal: Failure): Promise<boolean>;
}

/**
 * The endpoint is at fault unless it accepts another span at the same time. A span that is refused
 * `REFUSALS` times while others are accepted is dropped.
 */
export function createRejectedSpan(options: RejectedSpanOptions): RejectedSpan {
  const { sender, endpoint, isClosed } = options;
  let last = { place: "", turn: 0, refusals: 0 };

  return {
    async isolate(suspect, refusal) {
      if (last.place !== suspect.place) last = { place: suspect.place, turn: 0, refusals: 0 };
      const other = await suspect.takeOther(last.turn);
      const verdict = other && (await sendSpans(sender, [other.span]));
      last.turn += 1;
      if (verdict?.outcome === "accepted") {
        other?.onDelivered();
        endpoint.noteSent(1);
        last.refusals += 1;
        if (last.refusals === REFUSALS) {
          suspect.giveUp();
          const name = nameOf(suspect.body);
          endpoint.drop(1, `the endpoint takes others but not "${name}" (${refusal.why})`);
          return true;
        }
        suspect.keep();
        endpoint.pause(FORWARDER_LIMITS.retryDelayMs * last.refusals);
        return false;
      }
      other?.keep();
      // Behind the spans of a newer file there may be one to compare with.
      if (other === undefined && suspect.requeue()) return true;
      suspect.keep();
      if (!isClosed()) endpoint.noteFailure(verdict ?? refusal);
      return false;
    },
  };
}

/** A suspect on disk. The file notes spans that are delivered before it, and does not send them again. */
export function suspectOnDisk(spool: Spool, batch: SpoolBatch, span: WaitingSpan): Suspect {
  const { file } = batch;
  return {
    place: `${file.name.createdMs}-${file.name.lane}-${span.end}`,
    body: span.body,
    async takeOther(turn) {
      const next = await spool.next(FORWARDER_LIMITS.batchSize);
      if (next === undefined || next.file !== file) return undefined;
      const others = next.spans.filter(({ end }) => end > span.end && !file.sentAhead.has(end));
      const other = others[turn % others.length];
      if (other === undefined) return undefined;
      const onDelivered = (): void => void file.sentAhead.add(other.end);
      return { span: other, onDelivered, keep: () => undefined };
    },
    requeue: () => spool.requeue(batch, span),
    keep: () => undefined,
    giveUp: () => spool.markSent(batch),
  };
}

/** A suspect that the queue has lent. */
export function suspectInMemory(spool: Spool, queue: MemoryQueue, span: SpanJson): Suspect {
  const settle = (settled: SpanJson): void => {
    queue.settle([settled]);
    spool.settle([settled]);
  };
  return {
    place: span.key,
    body: span.body,
    takeOther(turn) {
      const index = turn % Math.max(1, queue.count);
      const other = queue.takeAt(index);
      if (other === undefined) return Promise.resolve(undefined);
      return Promise.resolve({
        span: { resource: other.resource.json, body: other.body },
        onDelivered: () => settle(other),
        keep: () => queue.putBack([other], index),
      });
    },
    requeue: () => false,
    keep: () => queue.putBack([span]),
    giveUp: () => settle(span),
  };
}

function nameOf(body: Uint8Array): string {
  const json = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  return /"name":"((?:[^"\\]|\\.)*)","kind"/.exec(json)?.[1] ?? "a span";
}
