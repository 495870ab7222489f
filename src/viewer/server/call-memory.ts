import type { CallOutcome } from "../../source/index.js";
import type { CallReader } from "./call-reader.js";

/** More calls than this are read anew for each answer, because each takes some kilobytes of memory. */
const MOST_KEPT = 20_000;

export interface CallMemory {
  /** Every call or its error, newest first, with what people say about it now. */
  readCalls(): AsyncIterable<CallOutcome>;
  /** Calls `onChange` after each change of the folder. @returns a function that ends this */
  onChange(onChange: () => void): () => void;
  close(): void;
}

/**
 * Keeps the summaries of all calls until the source tells of a change, so that each key in the search
 * field reads no file but the tags. A source that cannot tell of changes is read anew each time.
 */
export function rememberCalls(reader: CallReader): CallMemory {
  const listeners = new Set<() => void>();
  let kept: Promise<CallOutcome[] | undefined> | undefined;
  let version = 0;
  const endWatch = reader.watch?.(() => {
    version += 1;
    kept = undefined;
    for (const listener of listeners) listener();
  });

  const gather = async (): Promise<CallOutcome[] | undefined> => {
    const calls: CallOutcome[] = [];
    for await (const outcome of reader.readCalls()) {
      if (calls.length >= MOST_KEPT) return undefined;
      calls.push(outcome);
    }
    return calls;
  };

  return {
    async *readCalls() {
      const before = version;
      const isFirst = kept === undefined;
      const reading = (kept ??= gather());
      let calls: CallOutcome[] | undefined;
      try {
        calls = await reading;
      } finally {
        const isStale = before !== version || endWatch === undefined || calls === undefined;
        if (isStale && kept === reading) kept = undefined;
      }
      if (calls === undefined) {
        yield* reader.readCalls();
        return;
      }
      // Tags and verdicts change without a change of the call.
      const sidecars = isFirst ? undefined : await reader.readSidecars?.();
      for (const outcome of calls) {
        if (sidecars !== undefined && outcome.call !== undefined) {
          const sidecar = sidecars.get(outcome.name);
          outcome.call.sidecar = sidecar instanceof Error ? undefined : sidecar;
        }
        yield outcome;
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      endWatch?.();
      listeners.clear();
      kept = undefined;
    },
  };
}
