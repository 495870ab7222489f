import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { CallMemory } from "./call-memory.js";

/** More open pages than this get no events. They still work, and show a change when they are reloaded. */
const MOST_STREAMS = 1000;
/** A line that keeps a connection open through proxies, and tells a page that the server still runs. */
const HEARTBEAT_MS = 15_000;

/** Tells pages of changes by server-sent events: `change`, with a number that only grows. */
export interface ChangeStream {
  respond(context: Context): Response | Promise<Response>;
  close(): void;
}

export function openChangeStream(memory: CallMemory): ChangeStream {
  const listeners = new Set<(isOver: boolean) => void>();
  let version = 0;
  const stopWatching = memory.onChange(() => {
    version += 1;
    for (const tell of listeners) tell(false);
  });

  return {
    respond(context) {
      if (listeners.size >= MOST_STREAMS)
        return context.json({ error: "Too many pages are open" }, 503);
      return streamSSE(context, async (stream) => {
        let told = -1;
        let isOver = false;
        let wake: (() => void) | undefined;
        const tell = (isEnd: boolean): void => {
          isOver ||= isEnd;
          wake?.();
        };
        listeners.add(tell);
        stream.onAbort(() => tell(true));
        try {
          while (!isOver && !stream.aborted) {
            if (told !== version) {
              told = version;
              await stream.writeSSE({ event: "change", id: String(told), data: String(told) });
              continue;
            }
            let timer: NodeJS.Timeout | undefined;
            await new Promise<void>((resolve) => {
              wake = resolve;
              timer = setTimeout(resolve, HEARTBEAT_MS);
            });
            clearTimeout(timer);
            wake = undefined;
            if (told === version && !isOver) await stream.write(": still here\n\n");
          }
        } finally {
          listeners.delete(tell);
        }
      });
    },
    close() {
      stopWatching();
      for (const tell of listeners) tell(true);
    },
  };
}
