import path from "node:path";
import { defineConfig } from "vitest/config";
import { closingLineReporter } from "../support/closing-line-reporter.js";

// The tests that talk to a real livekit-server and a real Jaeger: `npm run test:services`.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["test/services/**/*.test.ts"],
    globalSetup: ["test/services/support/global-setup.ts"],
    // Calls are held at real time: what is measured in one should not wait for another's.
    fileParallelism: false,
    // LiveKit's own log says more than anybody reads, unless this is production.
    env: { NODE_ENV: "production" },
    testTimeout: 60_000,
    hookTimeout: 240_000,
    reporters: ["default", closingLineReporter()],
  },
});
