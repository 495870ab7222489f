import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// The tests that the tortures run, each as a row of theirs: `npm run test:faults`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/faults/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
