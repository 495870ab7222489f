import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// The page in a real browser: `npm run test:page`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/page/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
