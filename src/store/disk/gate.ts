/** Runs a job as soon as there is room for it, in the order of the calls. */
export type Gate = <T>(job: () => Promise<T>) => Promise<T>;

/** Makes a gate that lets at most `width` jobs run at once. */
export function openGate(width: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (job) => {
    if (running >= width) {
      await new Promise<void>((go) => {
        waiting.push(go);
      });
    } else {
      running += 1;
    }
    try {
      return await job();
    } finally {
      // The next job takes over this place, so that no later job comes first.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
