/** The latest windows of audio, in the order in which they came. */
export interface RecentWindows<Window> {
  /** Keeps a window. If all places are taken, it replaces the oldest one. */
  add(window: Window): void;
  /** The latest windows, at most `count`, oldest first. */
  latest(count: number): Window[];
  /** The windows that ended after `sinceMs` and not after `untilMs`, the oldest first. */
  between(sinceMs: number, untilMs: number): Window[];
}

/** @param keptWindows how many windows are kept */
export function createRecentWindows<Window extends { endMs: number }>(
  keptWindows: number,
): RecentWindows<Window> {
  const kept: Window[] = [];
  /** Where in `kept` the oldest window is, once all places are taken. */
  let oldest = 0;

  return {
    add(window) {
      if (kept.length < keptWindows) {
        kept.push(window);
      } else {
        kept[oldest] = window;
        oldest = (oldest + 1) % keptWindows;
      }
    },
    latest(count) {
      const inOrder = [...kept.slice(oldest), ...kept.slice(0, oldest)];
      return inOrder.slice(Math.max(0, inOrder.length - count));
    },
    between(sinceMs, untilMs) {
      const found: Window[] = [];
      for (let back = 1; back <= kept.length; back += 1) {
        const window = kept[(oldest + kept.length - back) % kept.length];
        if (window === undefined || window.endMs <= sinceMs) break;
        if (window.endMs <= untilMs) found.push(window);
      }
      return found.toReversed();
    },
  };
}
