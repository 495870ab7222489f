import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";
import { type CallContext, runInContext } from "./call-context.js";
import type { Guard } from "./guard.js";

export interface StreamTap<T> {
  onChunk(chunk: T): void;
  /** No more will be read, because the source has ended or failed, or the reader cancelled. Called once. */
  onEnd?(): void;
  /** Told of chunks that had already come when the reader cancelled. They are read for this alone. */
  onUnread?(chunk: T): void | Promise<void>;
  /** The context in which the source is read. */
  context?: CallContext;
}

/**
 * A stream that gives what `source` gives, and tells the tap. It reads nothing ahead. The source is
 * asked only when the reader asks, and a stream that nobody reads stays unlocked.
 */
export function tapStream<T>(
  source: ReadableStream<T>,
  guard: Guard,
  tap: StreamTap<T>,
): ReadableStream<T> {
  let reader: ReadableStreamDefaultReader<T> | undefined;
  // After a cancel, a read that still waits ends too, so `onEnd` must be called once only.
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
        // While a read waits, no chunk has come that was not read.
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

/** Reads the chunks that a stream already has, and does not wait for more. */
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

/** The agent's code may give LiveKit other things than streams. Those are left as they are. */
export function isStream<T>(
  source: ReadableStream<T> | AsyncIterable<T> | null,
): source is ReadableStream<T> {
  return source instanceof ReadableStream && !source.locked;
}
