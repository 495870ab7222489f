import { it } from "vitest";

/** A row of `docs/compatibility.md`: a way to build an agent, and what the record has of it. */
export interface Row {
  /** The row's first column, `<section>/<name>`. */
  id: string;
  /** Completes the sentence "An agent that ...". */
  agent: string;
  /** Completes the sentence "The record has ...". */
  record: string;
  /**
   * True for a row that measures time, or changes what all rows of the process share, e.g. an
   * environment variable. The others run side by side.
   */
  runsAlone?: boolean;
}

/** Tests a row. `npm run compatibility` writes it into the page. */
export function row({ id, agent, record, runsAlone }: Row, test: () => Promise<void>): void {
  const run = runsAlone === true ? it : it.concurrent;
  run(`${id}: of an agent that ${agent}, the record has ${record}`, () => test());
}
