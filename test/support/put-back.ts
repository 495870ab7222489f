import { deepStrictEqual } from "node:assert";
import { afterAll, beforeAll } from "vitest";
import { hasConversationExporter } from "../../otel/index.js";

/** What every file of a worker shares, and a file may change. */
interface SharedState {
  environment: Record<string, string | undefined>;
  folder: string;
  exitCode: typeof process.exitCode;
  /** The providers that OpenTelemetry's API has. Its context manager and propagator may stay. */
  providers: string[];
  /** Whether something records. Then `startTelemetry()` starts nothing. */
  isRecorded: boolean;
}

let before: SharedState;
beforeAll(() => {
  before = readSharedState();
});

// The first `afterAll` that is registered runs last, so a file has put its changes back by now.
afterAll(() => {
  // Throws here, so that the file has failed, with what differs.
  deepStrictEqual(readSharedState(), before);
});

function readSharedState(): SharedState {
  const registered = (globalThis as { [name: symbol]: object | undefined })[
    Symbol.for("opentelemetry.js.api.1")
  ];
  return {
    // sharp sets this variable when LiveKit loads it, and that may be in the middle of a file.
    environment: { ...process.env, VIPSHOME: undefined },
    folder: process.cwd(),
    exitCode: process.exitCode,
    isRecorded: hasConversationExporter(),
    providers: ["trace", "metrics"].filter((name) => name in (registered ?? {})),
  };
}
