import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initializeLogger } from "@livekit/agents";
import { afterAll, beforeAll } from "vitest";
import {
  type Telemetry,
  type TelemetryOptions,
  startTelemetry,
} from "../../../src/livekit/index.js";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/otlp-receiver.js";

/** Telemetry as users have it: records into a folder, spans to a receiver that speaks OTLP. */
export interface Recorder {
  /** The folder of the records. */
  readonly directory: string;
  readonly telemetry: Telemetry;
  readonly receiver: OtlpReceiver;
  /** What TalkTrace had to complain of. */
  readonly problems: string[];
}

/** Starts telemetry before the tests of a file and ends it after them. */
export function useRecorder(options: Pick<TelemetryOptions, "console" | "textLog"> = {}): Recorder {
  const directory = mkdtempSync(join(tmpdir(), "talktrace-compat-"));
  const problems: string[] = [];
  let running: { telemetry: Telemetry; receiver: OtlpReceiver } | undefined;
  const need = () => {
    if (running === undefined) throw new Error("the recorder runs within tests only");
    return running;
  };

  beforeAll(async () => {
    initializeLogger({ pretty: false, level: "silent" });
    const receiver = await startOtlpReceiver();
    const telemetry = startTelemetry({
      directory,
      console: false,
      ...options,
      reportProblem: (line) => problems.push(line),
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    });
    running = { telemetry, receiver };
  });
  afterAll(async () => {
    await running?.telemetry.shutdown();
    await running?.receiver.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  return {
    directory,
    problems,
    get telemetry() {
      return need().telemetry;
    },
    get receiver() {
      return need().receiver;
    },
  };
}
