import { configDefaults, defineConfig } from "vitest/config";
import { closingLineReporter } from "./test/support/closing-line-reporter.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They need real servers, and other versions of LiveKit: `npm run test:services`,
    // `npm run test:versions`.
    exclude: [...configDefaults.exclude, "test/services/**", "test/versions/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
