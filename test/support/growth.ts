/** The best of how many runs: other work on the machine makes a run slower, never faster. */
const RUNS = 7;
/** Growth of so many times the input is linear, so it need not be measured again. */
const CLEARLY_LINEAR = 1.5;

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
  let largeMs = timeOf(() => work(large));
  let smallMs = Infinity;
  let growth = Infinity;
  for (let run = 0; run < RUNS; run += 1) {
    smallMs = Math.min(
      smallMs,
      timeOf(() => work(small)),
    );
    growth = largeMs / Math.max(smallMs, 0.001);
    if (growth < CLEARLY_LINEAR * times) break;
    largeMs = Math.min(
      largeMs,
      timeOf(() => work(large)),
    );
  }
  return growth;
}

/** The same of work that is done only when its promise resolves. */
export async function measureLaterGrowth<Input>(
  size: number,
  make: (size: number) => Input,
  work: (input: Input) => Promise<unknown>,
  times = 2,
): Promise<number> {
  const [small, large] = [make(size), make(times * size)];
  await work(small);
  let [smallMs, largeMs] = [Infinity, Infinity];
  for (let run = 0; run < RUNS; run += 1) {
    smallMs = Math.min(smallMs, await timeOfLater(() => work(small)));
    largeMs = Math.min(largeMs, await timeOfLater(() => work(large)));
    if (largeMs / Math.max(smallMs, 0.001) < CLEARLY_LINEAR * times) break;
  }
  return largeMs / Math.max(smallMs, 0.001);
}

async function timeOfLater(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** In milliseconds of this process's own work: a busy machine stops a long run, and a short one never. */
function timeOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
