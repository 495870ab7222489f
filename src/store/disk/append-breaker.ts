/** Decides whether lines are appended on the event loop, or off it because the disk is slow. */
export interface AppendBreaker {
  /** Whether appends must not use the event loop. */
  readonly isOpen: boolean;
  /** An append blocked the event loop for this long. */
  noteBlocked(durationMs: number): void;
  /** An append off the event loop took this long. */
  noteLate(durationMs: number): void;
  /** A call has not returned for so long that an append would hang too. */
  trip(): void;
}

export interface BreakerOptions {
  /** See `StoreLimits`. */
  maxBlockedMs: number;
  /** A monotonic clock in milliseconds. */
  nowMs: () => number;
  onOpen: () => void;
  onClose: () => void;
}

/** Appends may block the event loop for `maxBlockedMs` within this time. */
const WINDOW_MS = 10_000;
/** The disk must be quick for this long before appends use the event loop again. */
const PAUSE_MS = 5000;
const MAX_PAUSE_MS = 300_000;
/** If the disk is slow again within this time, it must then be quick for twice as long. */
const RELAPSE_MS = 60_000;

/** Makes a breaker. Appends shorter than a twentieth of `maxBlockedMs` never count. */
export function createAppendBreaker(options: BreakerOptions): AppendBreaker {
  const { maxBlockedMs, nowMs, onOpen, onClose } = options;
  let isOpen = false;
  let blockedMs = 0;
  let blockedAtMs = 0;
  let slowAtMs = 0;
  let pauseMs = PAUSE_MS;
  let closedAtMs = -Infinity;

  function open(): void {
    slowAtMs = nowMs();
    if (isOpen || maxBlockedMs === Infinity) return;
    isOpen = true;
    blockedMs = 0;
    pauseMs = slowAtMs - closedAtMs < RELAPSE_MS ? Math.min(pauseMs * 2, MAX_PAUSE_MS) : PAUSE_MS;
    onOpen();
  }

  return {
    get isOpen() {
      return isOpen;
    },
    noteBlocked(durationMs) {
      if (durationMs < maxBlockedMs / 20) return;
      const now = nowMs();
      const forgivenMs = ((now - blockedAtMs) * maxBlockedMs) / WINDOW_MS;
      blockedMs = Math.max(0, blockedMs - forgivenMs) + durationMs;
      blockedAtMs = now;
      if (blockedMs >= maxBlockedMs) open();
    },
    noteLate(durationMs) {
      if (!isOpen) return;
      // Half of it is allowed, because a busy event loop learns late about a quick append.
      if (durationMs > maxBlockedMs / 2) return open();
      if (nowMs() - slowAtMs < pauseMs) return;
      isOpen = false;
      closedAtMs = nowMs();
      onClose();
    },
    trip: open,
  };
}
