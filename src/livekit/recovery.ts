import { withoutTracing } from "../../otel/index.js";
import { messageOf } from "../platform/message-of.js";
import { recoverBesideCalls } from "../store/index.js";
import type { Telemetry } from "./telemetry.js";

/** Directories that this process has already recovered. */
const recovered = new Set<string>();

/**
 * Completes the conversations of dead processes, once a process. It runs at a conversation's start,
 * because LiveKit also loads the agent's file in processes that never hold a call.
 */
export async function recoverOnce(
  { store }: Telemetry,
  report: (line: string) => void,
): Promise<void> {
  // The store's directory is absolute. The process may have changed its working directory since.
  const directory = store?.directory;
  if (directory === undefined || recovered.has(directory)) return;
  recovered.add(directory);
  try {
    const reports = await withoutTracing(() =>
      recoverBesideCalls(directory, { onProblem: report }),
    );
    for (const { path, outcome } of reports) {
      if (outcome === "recovered")
        report(`Recovered "${path}": the process that wrote it had died`);
    }
  } catch (error) {
    report(`Cannot recover conversations in "${directory}": ${messageOf(error)}`);
  }
}
