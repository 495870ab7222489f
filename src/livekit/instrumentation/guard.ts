import { writeToStderr } from "../../record/index.js";

/** Runs code of ours inside an agent: whatever it throws stays here. */
export interface Guard {
  /** Runs `work`; a failure is reported once for each `what` and never thrown. */
  run(what: string, work: () => void): void;
}

export function createGuard(report: (line: string) => void = writeToStderr): Guard {
  const reported = new Set<string>();
  return {
    run(what, work) {
      try {
        work();
      } catch (error) {
        if (reported.has(what)) return;
        reported.add(what);
        const why = error instanceof Error ? error.message : String(error);
        try {
          report(`Failed while it ${what}: ${why}. The agent is not affected`);
        } catch {
          // A broken reporter must not reach the agent either.
        }
      }
    },
  };
}
