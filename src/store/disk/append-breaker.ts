/** Decides whether lines are appended on the event loop, or off it because the disk is slow. */
export interface AppendBreaker {
  /** Whether the event loop is to be spared. */
  readonly isOpen: boolean;
  /** An append blocked the event loop for so long. */
  noteBlocked(durationMs: number): void;
  /** An append off the event loop took so long. */
  noteLate(durationMs: number): void;
  /** Some call has not come back for so long that an append would not either. */
  trip(): void;
}

export interface BreakerOptions {
  /** See `StoreLimits`. */
  maxBlockedMs: number;
  /** A clock that never goes backwards, in milliseconds. */
  nowMs: () => number;
  onOpen: () => void;
  onClose: () => void;
}

/** In which time appends may block the event loop for `maxBlockedMs`. */
const WINDOW_MS = 10_000;
/** How long the disk has to be quick before it gets the event loop's time again. */
const PAUSE_MS = 5000;
const MAX_PAUSE_MS = 300_000;
/** A disk that becomes slow so soon after it had become quick has to be quick for longer. */
const RELAPSE_MS = 60_000;

/** Makes a breaker. Appends that take less than a twentieth of `maxBlockedMs` never count. */
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
      // Half of it: a busy event loop hears late of what was quick.
      if (durationMs > maxBlockedMs / 2) return open();
      if (nowMs() - slowAtMs < pauseMs) return;
      isOpen = false;
      closedAtMs = nowMs();
      onClose();
    },
    trip: open,
  };
}
