import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";

export interface StreamTap<T> {
  onChunk(chunk: T): void;
  /** No more will be read: the source has ended, failed, or nobody wants the rest. Called once. */
  onEnd?(): void;
  /** Runs each read of the source; for what the source does meanwhile to be known as ours. */
  runRead?<R>(read: () => R): R;
}

/**
 * A stream that gives what `source` gives, and tells of it. It reads nothing ahead: what the reader
 * does not ask for, the source is not asked for either, and one that nobody reads stays free.
 */
export function tapStream<T>(source: ReadableStream<T>, tap: StreamTap<T>): ReadableStream<T> {
  let reader: ReadableStreamDefaultReader<T> | undefined;
  const runRead = tap.runRead ?? (<R>(read: () => R) => read());
  // A read that is under way ends as well when nobody wants the rest.
  let hasEnded = false;
  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    tap.onEnd?.();
  }
  return new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          const from = (reader ??= source.getReader());
          const { done, value } = await runRead(() => from.read());
          if (!done) {
            tap.onChunk(value);
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
        end();
        await (reader ?? source).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** LiveKit takes other things than streams from an agent's code; those are left as they are. */
export function isStream<T>(
  source: ReadableStream<T> | AsyncIterable<T> | null,
): source is ReadableStream<T> {
  return source instanceof ReadableStream && !source.locked;
}
