import { createAppendBreaker } from "./append-breaker.js";
import { describeBytes } from "./describe-bytes.js";
import type { AppendBreaker } from "./append-breaker.js";
import { DescriptorPool } from "./descriptor-pool.js";
import type { StoreLimits } from "./limits.js";
import type { ReportProblem } from "./problem-log.js";
import { openGate } from "./gate.js";
import { runLater } from "./steps.js";
import type { StepKind, Steps } from "./steps.js";

/** The access to the disk that all sessions of a store share. */
export interface Disk {
  readonly breaker: AppendBreaker;
  readonly descriptors: DescriptorPool;
  /**
   * Does work off the event loop, one call of each kind at a time. So a hanging disk occupies at most
   * three threads of the pool that the whole process shares.
   */
  later<T>(steps: Steps<T>): Promise<T>;
  /**
   * The same for publishing a document. A limited number of publishes run at once. Those that wait for
   * the disk itself (`durable`) do not delay the others.
   */
  publish<T>(steps: Steps<T>, durable: boolean): Promise<T>;
}

/** Documents that are published at once. Each one needs a descriptor. */
const MAX_PUBLISHING = 8;
/** If a call takes longer, appends are expected to hang too. */
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

  /** While calls are made, checks regularly whether one hangs. */
  function watch(): void {
    watching ??= setTimeout(() => {
      watching = undefined;
      const calls = Object.values(lanes).flatMap((lane) => lane.call ?? []);
      if (calls.length > 0) watch();
      const hanging = calls.filter(({ startedMs }) => performance.now() - startedMs > HANG_MS);
      // The calls may have returned while the event loop was busy. So the next turn decides.
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
  /** The call that is running. */
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
