/** A task of which at most one run is in flight. */
export interface CoalescedTask {
  /**
   * Asks for a run that begins after this call. Calls before it begins share it. Resolves when
   * that run has ended.
   */
  request(): Promise<void>;
}

/** Makes a coalesced task of `run`, which must not reject. */
export function coalesceTask(run: () => Promise<void>): CoalescedTask {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return {
    request() {
      // The turn of the event loop in between lets a burst of calls fall into one run.
      next ??= current.then(nextTurn).then(() => {
        if (next !== undefined) current = next;
        next = undefined;
        return run();
      });
      return next;
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
