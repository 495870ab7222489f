/** A task that runs once at a time. */
export interface CoalescedTask {
  /**
   * Asks for a run that begins after this call, and resolves when that run has ended. Calls that come
   * before it begins share one run.
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
