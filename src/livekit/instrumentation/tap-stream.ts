import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";
import { type CallContext, runInContext } from "./call-context.js";
import type { Guard } from "./guard.js";

export interface StreamTap<T> {
  onChunk(chunk: T): void;
  /** No more will be read: the source has ended, failed, or nobody wants the rest. Called once. */
  onEnd?(): void;
  /** Gets what had come already when the reader wants no more; it is read for this alone. */
  onUnread?(chunk: T): void | Promise<void>;
  /** What the source's code runs for while it is read. */
  context?: CallContext;
}

/**
 * A stream that gives what `source` gives, and tells of it. It reads nothing ahead: what the reader
 * does not ask for, the source is not asked for either, and a stream that nobody reads stays free.
 */
export function tapStream<T>(
  source: ReadableStream<T>,
  guard: Guard,
  tap: StreamTap<T>,
): ReadableStream<T> {
  let reader: ReadableStreamDefaultReader<T> | undefined;
  // A read that is under way ends as well when nobody wants the rest.
  let hasEnded = false;
  let isReading = false;
  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    guard.run("saw a stream end", () => tap.onEnd?.());
  }
  return new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          const from = (reader ??= source.getReader());
          isReading = true;
          const { done, value } = await runInContext(tap.context ?? {}, () => from.read());
          isReading = false;
          if (!done) {
            guard.run("read a stream", () => tap.onChunk(value));
            controller.enqueue(value);
            return;
          }
        } catch (error) {
          end();
          throw error;
        }
        end();
        controller.close();
      },
      async cancel(reason) {
        // While a read waits, nothing has come that could be read.
        const unread =
          tap.onUnread !== undefined && !isReading ? (reader ??= source.getReader()) : undefined;
        if (unread !== undefined) await readUnread(unread, guard, tap);
        end();
        await (reader ?? source).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function readUnread<T>(
  reader: ReadableStreamDefaultReader<T>,
  guard: Guard,
  tap: StreamTap<T>,
): Promise<void> {
  const chunks: T[] = [];
  try {
    await readWaiting(reader, (chunk) => void chunks.push(chunk));
    for (const chunk of chunks) await tap.onUnread?.(chunk);
  } catch (error) {
    guard.report("read a stream", error);
  }
}

/** Reads what has come of a stream already, and waits for nothing more. */
export async function readWaiting<T>(
  reader: ReadableStreamDefaultReader<T>,
  onChunk: (chunk: T) => void,
): Promise<void> {
  for (;;) {
    const next = await Promise.race([
      reader.read(),
      new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    ]);
    if (next === undefined || next.done) return;
    onChunk(next.value);
  }
}

/** LiveKit takes other things than streams from an agent's code; those are left as they are. */
export function isStream<T>(
  source: ReadableStream<T> | AsyncIterable<T> | null,
): source is ReadableStream<T> {
  return source instanceof ReadableStream && !source.locked;
}
