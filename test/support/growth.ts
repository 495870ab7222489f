/** The best of how many runs: other work on the machine makes a run slower, never faster. */
const RUNS = 7;
/** Growth of so many times the input is linear, so it need not be measured again. */
const CLEARLY_LINEAR = 1.5;
/** Short work comes after long work, which has had it compiled; else it would seem to be as slow. */
const SHORT_RUNS = 3;

/**
 * How many times longer some work takes on more input: as many times as there is more where it is
 * linear, the square of that where it is quadratic. Eight times as much keeps the two apart on a
 * busy machine. The input is made before the clock runs.
 *
 * @param times how much more input
 * @param enough growth below this is not measured again
 */
export function measureGrowth<Input>(
  size: number,
  make: (size: number) => Input,
  work: (input: Input) => unknown,
  times = 2,
  enough = CLEARLY_LINEAR * times,
): number {
  const [small, large] = [make(size), make(times * size)];
  let [smallMs, largeMs] = [Infinity, Infinity];
  let growth = Infinity;
  for (let run = 0; run < RUNS && growth >= enough; run += 1) {
    largeMs = Math.min(
      largeMs,
      timeOf(() => work(large)),
    );
    for (let short = 0; short < SHORT_RUNS; short += 1)
      smallMs = Math.min(
        smallMs,
        timeOf(() => work(small)),
      );
    growth = largeMs / Math.max(smallMs, 0.001);
  }
  return growth;
}

/** The same of work that is done only when its promise resolves. */
export async function measureLaterGrowth<Input>(
  size: number,
  make: (size: number) => Input,
  work: (input: Input) => Promise<unknown>,
  times = 2,
  enough = CLEARLY_LINEAR * times,
): Promise<number> {
  const [small, large] = [make(size), make(times * size)];
  let [smallMs, largeMs] = [Infinity, Infinity];
  let growth = Infinity;
  for (let run = 0; run < RUNS && growth >= enough; run += 1) {
    largeMs = Math.min(largeMs, await timeOfLater(() => work(large)));
    for (let short = 0; short < SHORT_RUNS; short += 1)
      smallMs = Math.min(smallMs, await timeOfLater(() => work(small)));
    growth = largeMs / Math.max(smallMs, 0.001);
  }
  return growth;
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
