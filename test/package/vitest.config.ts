import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// The tests that install the packed tarball from the registry: `npm run test:package`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/package/installation.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", closingLineReporter()],
  },
});
