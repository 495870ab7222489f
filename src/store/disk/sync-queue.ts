import { coalesceTask } from "./coalesced-task.js";
import type { Disk } from "./disk.js";
import type { Steps } from "./steps.js";

/** A file whose content can be synced to the disk. */
export interface Syncable {
  /** Whether a sync has failed for good, so that further syncs prove nothing. */
  readonly isSuspect: boolean;
  /** Throws the disk's error. */
  sync(): Steps<void>;
}

/**
 * Syncs files one after the other, each once for all lines since its last sync. So a burst of lines
 * costs one sync, and a slow disk has one sync at a time. A sync that could not run, e.g. for lack of a
 * descriptor, is retried with the next one or after `retryDelayMs`.
 */
export interface SyncQueue {
  request(file: Syncable, onFault: (error: unknown) => void): void;
  /** Resolves when everything requested so far was synced or has failed once. */
  all(): Promise<void>;
}

export function openSyncQueue(disk: Disk, retryDelayMs: number): SyncQueue {
  const waiting = new Map<Syncable, (error: unknown) => void>();
  let retry: NodeJS.Timeout | undefined;
  const syncing = coalesceTask(async () => {
    const batch = [...waiting];
    waiting.clear();
    for (const [file, onFault] of batch) {
      try {
        await disk.later(file.sync());
      } catch (error) {
        onFault(error);
        if (!file.isSuspect) keep(file, onFault);
      }
    }
  });

  function keep(file: Syncable, onFault: (error: unknown) => void): void {
    waiting.set(file, onFault);
    retry ??= setTimeout(() => {
      retry = undefined;
      void syncing.request();
    }, retryDelayMs).unref();
  }

  return {
    request(file, onFault) {
      waiting.set(file, onFault);
      void syncing.request();
    },
    all: () => syncing.request(),
  };
}
