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
