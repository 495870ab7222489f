/**
 * The demo as users start it: killed `count` times at random moments, on a full disk, in a folder
 * that cannot be written, with endpoints that take nothing. The tests are in test/faults.
 */
import { runTests } from "./parts/run-tests.mjs";

export const name = "demo";
export const counts = { quick: 10, full: 100 };

export function run({ count, folder }) {
  return runTests({
    config: "test/faults/vitest.config.ts",
    files: ["demo-kills", "demo-faults"],
    folder,
    env: { DEMO_KILLS: String(count) },
    countOf: (file) => (file.includes("demo-kills") ? count : 1),
  });
}
