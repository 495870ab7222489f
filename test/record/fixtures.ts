import { readFileSync } from "node:fs";
import path from "node:path";

/** The text of a file in `test/record/fixtures`. */
export function readFixture(name: string): string {
  return readFileSync(path.join(import.meta.dirname, "fixtures", name), "utf8");
}
