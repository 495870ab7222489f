import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { closingLineReporter } from "./test/support/closing-line-reporter.js";

/** These put other modules in the place of Node's own, so they share no process with other tests. */
const ALONE = ["test/store/planted-files.test.ts", "test/store/recovery-faults.test.ts"];

/** They hold calls against the clock, so they come when no other test takes their time. */
const AGAINST_THE_CLOCK = ["test/cli/demo*.test.ts", "test/demo/hold-conversation.test.ts"];

/** `npm run test:faults`, `test:hostile`, `test:package`, `test:page`, `test:services` and `test:versions` run these. */
const UNDER_OWN_NAME = [
  "test/faults/**",
  "test/hostile/**",
  "test/package/**",
  "test/page/**",
  "test/services/**",
  "test/versions/**",
];

/**
 * They compare files of the repository with each other, or run its tools, which comes out the same
 * under every version of Node. CI leaves them out of its second run, by `NODE_DEPENDENT=1`.
 */
const OF_FILES = [
  "test/house/architecture.test.ts",
  "test/house/closing-line.test.ts",
  "test/house/compatibility.test.ts",
  "test/house/documents.test.ts",
  "test/house/jaeger-config.test.ts",
  "test/house/latency-page.test.ts",
  "test/house/limits-documented.test.ts",
  "test/house/prose.test.ts",
  "test/house/published-schemas.test.ts",
  "test/house/samples.test.ts",
  "test/house/settings-documented.test.ts",
  "test/house/sources.test.ts",
  "test/insight/findings/findings-page.test.ts",
];
const LEFT_OUT = process.env["NODE_DEPENDENT"] === "1" ? OF_FILES : [];

/** They wait long, e.g. for speech or for processes, so they begin first and others use the time. */
const FIRST = [
  "test/livekit/observe.test.ts",
  "test/livekit/observe-corners.test.ts",
  "test/otel/durable-processes.test.ts",
  "test/livekit/latency/reply-latency.test.ts",
  "test/store/many-sessions.test.ts",
  "test/compat/speech.test.ts",
  "test/house/hostile-text.test.ts",
  "test/compat/speak.test.ts",
  "test/agent/main.test.ts",
  "test/livekit/other-copy.test.ts",
];

function placeOf({ moduleId }: TestSpecification): number {
  const place = FIRST.indexOf(relative(import.meta.dirname, moduleId));
  return place < 0 ? FIRST.length : place;
}

class LongestFirst extends BaseSequencer {
  // oxlint takes this method of vitest's for that of arrays, so the call of the base has a name.
  readonly #byCost = (files: TestSpecification[]) => BaseSequencer.prototype.sort.call(this, files);

  /** Keeps the projects apart, because a worker goes on only with files of its own project. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await this.#byCost(files);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    const projectOf = ({ project }: TestSpecification): number => projects.indexOf(project.name);
    return sorted.toSorted((a, b) => projectOf(a) - projectOf(b) || placeOf(a) - placeOf(b));
  }
}

const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

// No project extends these settings: it would fix the number of workers against `--maxWorkers`.
export default defineConfig({
  test: {
    // Most tests wait for sound or for a disk, so a core has time for more than one file.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", closingLineReporter()],
    projects: [
      {
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...configDefaults.exclude,
            ...UNDER_OWN_NAME,
            ...LEFT_OUT,
            ...ALONE,
            ...AGAINST_THE_CLOCK,
          ],
          // A process of its own takes each file 0.4 s of CPU, and 3 s where it loads LiveKit.
          isolate: false,
          setupFiles: ["test/support/fixed-seed.ts", "test/support/put-back.ts"],
          ...PATIENCE,
        },
      },
      { test: { name: "alone", include: ALONE, ...PATIENCE } },
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
