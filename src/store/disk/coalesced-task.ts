/** A task of which only one run is active at a time. */
export interface CoalescedTask {
  /**
   * Requests a run that begins after this call. Resolves when that run has ended. All calls before its
   * beginning share the run.
   */
  request(): Promise<void>;
}

/** Makes a coalesced task from `run`, which must not reject. */
export function coalesceTask(run: () => Promise<void>): CoalescedTask {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return {
    request() {
      // One turn of the event loop lies between, so that a burst of calls shares one run.
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
