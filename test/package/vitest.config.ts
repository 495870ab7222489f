import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// The tests of the packed tarball, which some install from the registry: `npm run test:package`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/package/**/*.test.ts"],
    testTimeout: 60_000,
    // Removing an installed project takes a busy disk longer than ten seconds.
    hookTimeout: 300_000,
    reporters: ["default", closingLineReporter()],
  },
});
