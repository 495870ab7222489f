import { writeFileSync } from "node:fs";

export const SEED = Number(process.env["HOSTILE_SEED"] ?? 1);
export const COUNT = Number(process.env["HOSTILE_COUNT"] ?? 10);

/** Names the case that runs, for when it ends the process: nothing else would tell which. */
export function beginCase(what: string): void {
  const file = process.env["HOSTILE_CASE_FILE"];
  if (file !== undefined) writeFileSync(file, what.slice(0, 4000));
}

export function endCase(): void {
  beginCase("");
}

/** A line of progress after so many cases: who waits sees that the run goes on, and how fast. */
const CASES_A_LINE = 10;

/** Counts the cases of a test. Gives what to call after each. */
export function followProgress(what: string): () => void {
  const startedMs = performance.now();
  let cases = 0;
  return () => {
    cases += 1;
    if (cases % CASES_A_LINE !== 0) return;
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    process.stdout.write(`${cases} of ${COUNT} ${what} after ${seconds} s\n`);
  };
}
