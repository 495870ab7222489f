/** Something that calls back whenever its state may have changed. */
export type Subscribe = (onChange: () => void) => () => void;

/**
 * Waits until `isSo()` returns true, and asks again after every change.
 *
 * @param what completes the sentence "Gave up waiting for ..."
 * @throws Error after `patienceMs`, the signal's reason once it aborts, or what `isSo()` throws
 */
export function awaitEvent(options: {
  what: string;
  isSo: () => boolean;
  subscribe: Subscribe;
  patienceMs: number;
  signal: AbortSignal;
}): Promise<void> {
  const { what, isSo, subscribe, patienceMs, signal } = options;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      unsubscribe();
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      act();
    };
    const onAbort = () => settle(() => reject(signal.reason as Error));
    const onChange = () => {
      try {
        if (isSo()) settle(resolve);
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const unsubscribe = subscribe(onChange);
    const timer = setTimeout(
      () => settle(() => reject(new Error(`Gave up waiting for ${what} after ${patienceMs} ms`))),
      patienceMs,
    );
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else onChange();
  });
}
