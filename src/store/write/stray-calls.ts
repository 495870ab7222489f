import { describeFault } from "../disk/fault.js";
import type { ReportProblem } from "../disk/problem-log.js";

/** Counts and reports calls that no session can take: they have no file to be counted in. */
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

  /** What goes wrong inside is a fault of ours, never the caller's. */
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
