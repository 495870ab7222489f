import { describeFault } from "../disk/fault.js";
import type { ReportProblem } from "../disk/problem-log.js";

/** Counts and reports calls for which no session is open, because no file can count them. */
export class StrayCalls {
  readonly #report: ReportProblem;
  #count = 0;

  constructor(report: ReportProblem) {
    this.#report = report;
  }

  get count(): number {
    return this.#count;
  }

  note(kind: string, line: string): void {
    this.#count += 1;
    this.#report(kind, line);
  }

  /** Runs `action`. An error in it is a fault of ours, so it is reported and not thrown to the caller. */
  attempt(sessionId: string, what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.note(
        `fault ${what} ${sessionId}`,
        `Cannot ${what} in session "${sessionId}": ${describeFault(error)}`,
      );
    }
  }
}
