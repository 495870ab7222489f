import { withoutTracing } from "../spans/without-tracing.js";
import type { OwnFiles } from "./own-files.js";
import type { SpoolLimits } from "./limits.js";
import type { LostFile } from "./lost-file.js";

export interface HeartbeatOptions {
  files: OwnFiles;
  limits: SpoolLimits;
  /** Takes over files of dead processes. Called at the start and at each beat. */
  adopt: () => Promise<void>;
  /** Called for a file that is no longer at its path. */
  onLost: (lost: LostFile) => void;
}

/** Shows other processes that this one lives, and checks that its files are still there. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  /**
   * The last beat in epoch milliseconds. The system's clock is used, because it goes on while a process
   * is stopped.
   */
  #lastBeatMs = Date.now();
  #isChecking = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Starts with the first file. A second call does nothing. */
  start(): void {
    if (this.#timer !== undefined) return;
    const { adopt, limits } = this.#options;
    void adopt();
    this.#lastBeatMs = Date.now();
    const beat = (): void => {
      void this.#check();
      void adopt();
    };
    // The timer may be older than the context manager, so the timer's own context is not enough.
    this.#timer = setInterval(() => withoutTracing(beat), limits.heartbeatMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether other processes may have taken this one for dead. */
  wasQuiet(): boolean {
    return Date.now() - this.#lastBeatMs >= this.#options.limits.foreignQuietMs;
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const { files, onLost } = this.#options;
    const wasQuiet = this.wasQuiet();
    this.#lastBeatMs = Date.now();
    // Files that only wait for the endpoint are touched too, because other machines take over unchanged
    // files.
    for (const file of files.list()) {
      const { size } = file;
      const found = await file.find();
      if (!files.has(file)) continue;
      if (found === "itself") {
        file.touch();
        file.shownTo = size;
      } else onLost({ file, found, wasQuiet });
    }
    this.#isChecking = false;
  }
}
