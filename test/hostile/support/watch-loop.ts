const TICK_MS = 1;

export interface LoopWatch {
  /** Ends the watch. Gives the longest time that the loop stood still, in milliseconds. */
  end(): number;
  /** The most memory that the process had meanwhile, in bytes. */
  peakRssBytes(): number;
}

/**
 * Watches how long the event loop stands still. Of each gap the smaller of its wall time and its CPU
 * time counts: on a machine that is busy with something else, wall time alone would blame us for it.
 */
export function watchLoop(): LoopWatch {
  let longestMs = 0;
  let peakBytes = 0;
  let last = read();
  const look = (): void => {
    const now = read();
    longestMs = Math.max(longestMs, Math.min(now.wallMs - last.wallMs, now.cpuMs - last.cpuMs));
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    last = now;
  };
  const timer = setInterval(look, TICK_MS);
  return {
    end() {
      clearInterval(timer);
      look();
      return longestMs;
    },
    peakRssBytes: () => peakBytes,
  };
}

function read(): { wallMs: number; cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
}

/** The heap after a collection, in bytes. */
export function heapBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("memory can be compared only with --expose-gc");
  gc();
  return process.memoryUsage().heapUsed;
}
