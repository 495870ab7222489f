/**
 * So many sessions in one process that its descriptors do not suffice, and as many that a kill ends.
 * The tests are those of test/store/many-sessions.test.ts, which `npm test` runs with fewer sessions.
 */
import { runTests } from "./parts/run-tests.mjs";

export const name = "many-sessions";
export const counts = { quick: 1000, full: 3000 };

export function run({ count, folder }) {
  return runTests({
    config: "vitest.config.ts",
    files: ["test/store/many-sessions.test.ts"],
    folder,
    env: { MANY_SESSIONS: String(count) },
    countOf: () => count,
  });
}
