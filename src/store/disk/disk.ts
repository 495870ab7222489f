import { createAppendBreaker } from "./append-breaker.js";
import { describeBytes } from "./describe-bytes.js";
import type { AppendBreaker } from "./append-breaker.js";
import { DescriptorPool } from "./descriptor-pool.js";
import type { StoreLimits } from "./limits.js";
import type { ReportProblem } from "./problem-log.js";
import { openGate } from "./gate.js";
import { runLater } from "./steps.js";
import type { StepKind, Steps } from "./steps.js";

/** What the sessions of a store share of the disk. */
export interface Disk {
  readonly breaker: AppendBreaker;
  readonly descriptors: DescriptorPool;
  /**
   * Does work off the event loop, one call of each kind at a time. So a disk that hangs holds three
   * threads of the pool that the whole process shares, and not all of them.
   */
  later<T>(steps: Steps<T>): Promise<T>;
  /**
   * The same for publishing a document. A bounded number of them goes on at once, and those that wait
   * for the disk itself (`durable`) do not hold up the others.
   */
  publish<T>(steps: Steps<T>, durable: boolean): Promise<T>;
}

/** Documents that are published at once, each with a descriptor of its own. */
const MAX_PUBLISHING = 8;
/** How long a call may take before appends are expected to hang as well. */
const HANG_MS = 1000;
const LOOK_MS = 500;

export function openDisk(directory: string, limits: StoreLimits, report: ReportProblem): Disk {
  const breaker = createAppendBreaker({
    maxBlockedMs: limits.maxBlockedMs,
    nowMs: () => performance.now(),
    onOpen: () =>
      report(
        "slow",
        `The disk of "${directory}" is slow: lines wait in memory for it, up to ` +
          `${describeBytes(limits.maxQueuedBytes)}, so that no call does; a kill of the process may cost them`,
      ),
    onClose: () => report("quick", `The disk of "${directory}" is quick again`),
  });
  const lanes: Record<StepKind, Lane> = {
    append: openLane(),
    sync: openLane(),
    file: openLane(),
  };
  let watching: NodeJS.Timeout | undefined;

  /** Looks now and then whether a call hangs, as long as calls are made. */
  function watch(): void {
    watching ??= setTimeout(() => {
      watching = undefined;
      const calls = Object.values(lanes).flatMap((lane) => lane.call ?? []);
      if (calls.length > 0) watch();
      const hanging = calls.filter(({ startedMs }) => performance.now() - startedMs > HANG_MS);
      // They may have come back while the event loop was busy; then the next turn tells.
      setImmediate(() => {
        const isHanging = Object.values(lanes).some(({ call }) => call && hanging.includes(call));
        if (isHanging) breaker.trip();
      });
    }, LOOK_MS).unref();
  }

  const later: Disk["later"] = (steps) =>
    runLater(steps, (step) => {
      watch();
      return lanes[step.kind].run(() => step.later());
    });
  const [publishing, publishingDurably] = [openGate(MAX_PUBLISHING), openGate(MAX_PUBLISHING)];
  return {
    breaker,
    descriptors: new DescriptorPool(limits.maxOpenJournals),
    later,
    publish: (steps, durable) => (durable ? publishingDurably : publishing)(() => later(steps)),
  };
}

interface Lane {
  /** What is in flight. */
  readonly call: { startedMs: number } | undefined;
  run<T>(job: () => Promise<T>): Promise<T>;
}

function openLane(): Lane {
  const gate = openGate(1);
  let call: { startedMs: number } | undefined;
  return {
    get call() {
      return call;
    },
    run: (job) =>
      gate(async () => {
        call = { startedMs: performance.now() };
        try {
          return await job();
        } finally {
          call = undefined;
        }
      }),
  };
}
