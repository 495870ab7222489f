import type { ConversationSource } from "../source/index.js";

/** How often a source is read that does not report changes. */
const LOOK_MS = 1000;

export interface Changes {
  /** Resolves after something changed since the last call, or after a second. */
  next(): Promise<void>;
  stop(): void;
}

/** Watches a source for changes until it is stopped. */
export function watchChanges(source: Pick<ConversationSource, "watch">): Changes {
  let hasChanged = false;
  let wake: (() => void) | undefined;
  const stop = source.watch?.(() => {
    hasChanged = true;
    wake?.();
  });
  return {
    async next() {
      let timer: NodeJS.Timeout | undefined;
      if (!hasChanged)
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, LOOK_MS);
        });
      clearTimeout(timer);
      wake = undefined;
      hasChanged = false;
    },
    stop: () => stop?.(),
  };
}
