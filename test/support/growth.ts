/** The best of how many runs: other work on the machine makes a run slower, never faster. */
const RUNS = 3;

/**
 * How many times longer some work takes on more input: as many times as there is more where it is
 * linear, the square of that where it is quadratic. Eight times as much keeps the two apart on a
 * busy machine. The input is made before the clock runs.
 *
 * @param times how much more input
 */
export function measureGrowth<Input>(
  size: number,
  make: (size: number) => Input,
  work: (input: Input) => unknown,
  times = 2,
): number {
  const [small, large] = [make(size), make(times * size)];
  // Both before they are measured, so that neither pays for the compiler.
  work(small);
  work(large);
  let [smallMs, largeMs] = [Infinity, Infinity];
  for (let run = 0; run < RUNS; run += 1) {
    smallMs = Math.min(
      smallMs,
      timeOf(() => work(small)),
    );
    largeMs = Math.min(
      largeMs,
      timeOf(() => work(large)),
    );
  }
  return largeMs / Math.max(smallMs, 0.001);
}

/**
 * The time that this process's thread worked, in ms. The clock also counts what other processes
 * took, and the process's own time also counts the garbage collector's threads: the smaller is nearer.
 */
function timeOf(work: () => unknown): number {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - startedMs, (user + system) / 1000);
}
