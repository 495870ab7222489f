import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// Hostile callers and damaged files against what reads them: `npm run test:hostile`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/hostile/**/*.test.ts"],
    // What the event loop is held by in one file must not hold up another's.
    fileParallelism: false,
    // Memory without a bound ends the process here, and so fails the run.
    execArgv: ["--expose-gc", "--max-old-space-size=512"],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
