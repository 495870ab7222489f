/** The best of how many runs: other work on the machine makes a run slower, never faster. */
const RUNS = 5;

/**
 * How many times longer some work takes on twice as much input: about 2 where it is linear, 4 where
 * it is quadratic. The input is made before the clock runs.
 */
export function measureGrowth<Input>(
  size: number,
  make: (size: number) => Input,
  work: (input: Input) => unknown,
): number {
  const [half, whole] = [make(size), make(2 * size)];
  // Both before they are measured, so that neither pays for the compiler.
  work(half);
  work(whole);
  let [halfMs, wholeMs] = [Infinity, Infinity];
  for (let run = 0; run < RUNS; run += 1) {
    halfMs = Math.min(
      halfMs,
      timeOf(() => work(half)),
    );
    wholeMs = Math.min(
      wholeMs,
      timeOf(() => work(whole)),
    );
  }
  return wholeMs / Math.max(halfMs, 0.001);
}

function timeOf(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}
