import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTelemetrySettings, startOpenTelemetry } from "../../otel/index.js";
import { openStore } from "../../src/store/index.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";

let directory: string;
let receiver: OtlpReceiver;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "talktrace-bootstrap-"));
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await receiver.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Ends a span under the settings of an environment; says what is in the folder by then. */
async function endOneSpan(env: NodeJS.ProcessEnv): Promise<string[]> {
  const settings = readTelemetrySettings(
    { TALKTRACE_DIRECTORY: directory, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env },
    (line) => {
      throw new Error(line);
    },
  );
  const sink = openStore({ directory });
  const telemetry = startOpenTelemetry({ settings: { ...settings, metrics: undefined }, sink });
  telemetry.provider.getTracer("test").startSpan("one").end();
  const names = readdirSync(directory);
  await telemetry.shutdown();
  await sink.shutdown();
  return names;
}

describe("startOpenTelemetry()", () => {
  it("has a span on disk as soon as it has ended, and sends it", async () => {
    expect(await endOneSpan({})).toEqual([".spool"]);
    expect(receiver.spans.map(({ name }) => name)).toEqual(["one"]);
  });

  it("sends spans from memory where none may be on disk", async () => {
    expect(await endOneSpan({ TALKTRACE_SPOOL: "0" })).toEqual([]);
    expect(receiver.spans.map(({ name }) => name)).toEqual(["one"]);
    expect(receiver.refusals).toEqual([]);
  });
});
