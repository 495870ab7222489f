import { hasAnswered, noteAnswered } from "../spool/answered-mark.js";

/**
 * Whether spans may wait on disk:
 *
 * - `always`: somebody set the endpoint.
 * - `once answered`: nobody did, so the default one is tried. Nothing goes to disk until it has taken
 *   spans, of this process or of another one in the last `maxAgeMs`.
 * - `never`.
 */
export type DiskUse = "always" | "once answered" | "never";

export interface DiskGate {
  isOpen(): boolean;
  /** Where spans wait now, for the line that says so. */
  describe(): string;
  /** The endpoint has taken spans. */
  onTaken(): void;
}

export interface DiskGateOptions {
  use: DiskUse;
  directory: string;
  maxAgeMs: number;
  /** The disk may be used from now on. */
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
      // Then the next process waits for an answer of its own.
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
