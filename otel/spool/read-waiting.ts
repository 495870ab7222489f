import { setAside } from "./adopt.js";
import { codeOf, isDiskFault } from "./disk-fault.js";
import type { OwnFiles } from "./own-files.js";
import type { SpoolLimits } from "./limits.js";
import type { Batch, SpoolFile } from "./spool-file.js";

/** How long to wait before a failed read is tried again. */
const RETRY_MS = 1000;

/** The next spans to send, and the file that holds them. */
export interface SpoolBatch extends Batch {
  file: SpoolFile;
}

export interface ReadWaitingOptions {
  directory: string;
  files: OwnFiles;
  limits: SpoolLimits;
  /** The file that still gets spans. */
  current: () => SpoolFile | undefined;
  /** Called for a file that is no longer at its path. */
  onMissing: (file: SpoolFile) => void;
  isClosed: () => boolean;
  report: (line: string) => void;
}

/** Reads waiting spans, oldest first, from the files that can be read. A fault is reported once. */
export class WaitingReader {
  readonly #options: ReadWaitingOptions;
  #lastFault = "";

  constructor(options: ReadWaitingOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async next(maxSpans: number): Promise<SpoolBatch | undefined> {
    const { files, limits, current, isClosed } = this.#options;
    for (const file of files.list()) {
      if (file.retryAtMs > performance.now() || !files.has(file)) continue;
      if (file.ageMs > limits.maxAgeMs && file !== current()) {
        files.drop(file, "too old");
        continue;
      }
      const batch = await file
        .next(maxSpans, limits.maxRequestBytes)
        .catch((error: unknown) => this.#noteUnread(file, error));
      if (isClosed()) return undefined;
      if (batch === undefined || !files.has(file)) continue;
      if (file.retryAtMs > 0) this.#noteRead(file);
      if (batch.spans.length > 0) return { file, ...batch };
      if (file === current()) file.sentTo = batch.end;
      else files.finish(file);
    }
    return undefined;
  }

  #noteRead(file: SpoolFile): void {
    file.retryAtMs = 0;
    if (this.#options.files.list().every(({ retryAtMs }) => retryAtMs === 0)) this.#lastFault = "";
  }

  #noteUnread(file: SpoolFile, error: unknown): undefined {
    const { directory, files, isClosed, onMissing, report } = this.#options;
    if (isClosed() || !files.has(file)) return;
    if (codeOf(error) === "ENOENT") {
      onMissing(file);
      return;
    }
    if (isDiskFault(error)) {
      // The file may be undamaged, and other files may be readable meanwhile.
      file.retryAtMs = performance.now() + RETRY_MS;
      const fault = codeOf(error);
      if (fault !== this.#lastFault)
        report(`Cannot read what waits in "${directory}": ${fault}; it is tried again`);
      this.#lastFault = fault;
      return;
    }
    files.forget(file);
    files.dropWaiting(file, "unreadable");
    report(setAside(file, error));
  }
}
