import { defineConfig } from "vitest/config";
import { closingLineReporter } from "./test/support/closing-line-reporter.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
