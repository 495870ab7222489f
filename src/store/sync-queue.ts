import { coalesceTask } from "./coalesced-task.js";
import type { Disk } from "./disk.js";
import type { Steps } from "./steps.js";

/** A file whose content can be brought to the disk. */
export interface Syncable {
  /** Throws what the disk says. */
  sync(): Steps<void>;
}

/**
 * Syncs files one after the other, each once for all lines since its last sync, so that a burst of
 * lines costs one sync, and a slow disk has one to do at a time.
 */
export interface SyncQueue {
  request(file: Syncable, onFault: (error: unknown) => void): void;
  /** Resolves when everything requested so far was synced, or could not be. */
  all(): Promise<void>;
}

export function openSyncQueue(disk: Disk): SyncQueue {
  const waiting = new Map<Syncable, (error: unknown) => void>();
  const syncing = coalesceTask(async () => {
    const batch = [...waiting];
    waiting.clear();
    for (const [file, onFault] of batch) {
      try {
        await disk.later(file.sync());
      } catch (error) {
        onFault(error);
      }
    }
  });
  return {
    request(file, onFault) {
      waiting.set(file, onFault);
      void syncing.request();
    },
    all: () => syncing.request(),
  };
}
