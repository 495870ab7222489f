import { configDefaults, defineConfig } from "vitest/config";
import { closingLineReporter } from "./test/support/closing-line-reporter.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They need real servers: `npm run test:services`.
    exclude: [...configDefaults.exclude, "test/services/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
