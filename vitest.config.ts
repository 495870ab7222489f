import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { closingLineReporter } from "./test/support/closing-line-reporter.js";

/** Tests of these folders load LiveKit, which takes a second of CPU in each process. */
const LIVEKIT = ["test/compat/**/*.test.ts", "test/demo/**/*.test.ts", "test/livekit/**/*.test.ts"];

/** They hold a whole call against the clock, so no other test may take their time. */
const AGAINST_THE_CLOCK = ["test/cli/demo*.test.ts", "test/demo/hold-conversation.test.ts"];

/** `npm run test:faults`, `test:hostile`, `test:package`, `test:services` and `test:versions` run these. */
const UNDER_OWN_NAME = [
  "test/faults/**",
  "test/hostile/**",
  "test/package/installation.test.ts",
  "test/services/**",
  "test/versions/**",
];

export default defineConfig({
  test: {
    // Most tests wait for sound or for a disk, so a core has time for more than one file.
    maxWorkers: availableParallelism() + 1,
    reporters: ["default", closingLineReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: "livekit",
          include: LIVEKIT,
          exclude: [...configDefaults.exclude, ...AGAINST_THE_CLOCK],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "rest",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...UNDER_OWN_NAME, ...LIVEKIT, ...AGAINST_THE_CLOCK],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "against the clock",
          include: AGAINST_THE_CLOCK,
          // After all others, one file at a time.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
