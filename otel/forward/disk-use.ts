import { hasAnswered, noteAnswered } from "../spool/answered-mark.js";

/**
 * Whether spans may wait on disk:
 *
 * - `always`: a setting named the endpoint.
 * - `once answered`: no setting did, so the default endpoint is tried. Nothing goes to disk until it
 *   has taken spans, of this process or of another one within `maxAgeMs`.
 * - `never`.
 */
export type DiskUse = "always" | "once answered" | "never";

export interface DiskGate {
  isOpen(): boolean;
  /** Where spans wait now, as words for a report. */
  describe(): string;
  /** The endpoint has taken spans. */
  onTaken(): void;
}

export interface DiskGateOptions {
  use: DiskUse;
  directory: string;
  maxAgeMs: number;
  /** Called when the disk may be used from now on. */
  onOpened: () => void;
}

const HOW_TO_GET_TRACES =
  "They wait in memory only. To get traces, start Jaeger or a Collector there, or set " +
  "OTEL_EXPORTER_OTLP_ENDPOINT; OTEL_TRACES_EXPORTER=none sends none";

export function createDiskGate({ use, directory, maxAgeMs, onOpened }: DiskGateOptions): DiskGate {
  let isOpen = use === "always" || (use === "once answered" && hasAnswered(directory, maxAgeMs));
  let isNoted = false;

  function note(): void {
    isNoted = true;
    try {
      noteAnswered(directory);
    } catch {
      // The next process then waits for an answer itself.
    }
  }

  return {
    isOpen: () => isOpen,
    describe() {
      if (isOpen) return `They wait in "${directory}"`;
      return use === "never" ? "They wait in memory" : HOW_TO_GET_TRACES;
    },
    onTaken() {
      if (use !== "once answered") return;
      if (!isNoted) note();
      if (isOpen) return;
      isOpen = true;
      onOpened();
    },
  };
}
