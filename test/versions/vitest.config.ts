import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// The tests that install other versions of LiveKit: `npm run test:versions`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/versions/**/*.test.ts"],
    // The calls of the two files wait for sound at the same time.
    maxWorkers: 2,
    testTimeout: 60_000,
    // An installation from the registry may be slow, and two at once.
    hookTimeout: 600_000,
    reporters: ["default", closingLineReporter()],
  },
});
