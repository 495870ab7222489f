import { withoutTracing } from "../spans/without-tracing.js";
import type { OwnFiles } from "./own-files.js";
import type { SpoolLimits } from "./limits.js";
import type { LostFile } from "./lost-file.js";

export interface HeartbeatOptions {
  files: OwnFiles;
  limits: SpoolLimits;
  /** Takes over what dead processes left; called at the start and with each beat. */
  adopt: () => Promise<void>;
  /** Is told of a file that is not where it was. */
  onLost: (lost: LostFile) => void;
}

/** Shows other processes that this one lives, and looks whether its files are still there. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  /** The last beat in epoch milliseconds: a process that stands still has no other clock. */
  #lastBeatMs = Date.now();
  #isChecking = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Begins with the first file; a second call does nothing. */
  start(): void {
    if (this.#timer !== undefined) return;
    const { adopt, limits } = this.#options;
    void adopt();
    this.#lastBeatMs = Date.now();
    const beat = (): void => {
      void this.#check();
      void adopt();
    };
    // The timer may be older than the context manager, so its context is not enough.
    this.#timer = setInterval(() => withoutTracing(beat), limits.heartbeatMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether others may have taken this process for dead. */
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
    // Files that only wait for their endpoint as well: other machines take quiet files over.
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
