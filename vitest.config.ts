import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { closingLineReporter } from "./test/support/closing-line-reporter.js";

/** Tests of these folders load LiveKit, which takes three seconds of CPU in each process. */
const LIVEKIT = ["test/compat/**/*.test.ts", "test/demo/**/*.test.ts", "test/livekit/**/*.test.ts"];

/** They hold calls against the clock, so they come when no other test takes their time. */
const AGAINST_THE_CLOCK = ["test/cli/demo*.test.ts", "test/demo/hold-conversation.test.ts"];

/** `npm run test:faults`, `test:hostile`, `test:package`, `test:services` and `test:versions` run these. */
const UNDER_OWN_NAME = [
  "test/faults/**",
  "test/hostile/**",
  "test/package/**",
  "test/services/**",
  "test/versions/**",
];

const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

// No project extends these settings: it would fix the number of workers against `--maxWorkers`.
export default defineConfig({
  test: {
    // Most tests wait for sound or for a disk, so a core has time for more than one file.
    maxWorkers: availableParallelism() + 1,
    reporters: ["default", closingLineReporter()],
    projects: [
      {
        test: {
          name: "livekit",
          include: LIVEKIT,
          exclude: [...configDefaults.exclude, ...AGAINST_THE_CLOCK],
          isolate: false,
          setupFiles: ["test/support/put-back.ts"],
          ...PATIENCE,
        },
      },
      {
        test: {
          name: "rest",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...UNDER_OWN_NAME, ...LIVEKIT, ...AGAINST_THE_CLOCK],
          ...PATIENCE,
        },
      },
      {
        test: {
          name: "against the clock",
          include: AGAINST_THE_CLOCK,
          // After all others; side by side, because they wait for sound nearly all the time.
          sequence: { groupOrder: 1 },
          ...PATIENCE,
        },
      },
    ],
  },
});
