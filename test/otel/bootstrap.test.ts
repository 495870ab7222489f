import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metrics } from "@opentelemetry/api";
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
  it("A span is on disk as soon as it has ended, and is sent", async () => {
    expect(await endOneSpan({})).toEqual([".spool"]);
    expect(receiver.spans.map(({ name }) => name)).toEqual(["one"]);
  });

  it("Spans are sent from memory where none may be on disk", async () => {
    expect(await endOneSpan({ TALKTRACE_SPOOL: "0" })).toEqual([]);
    expect(receiver.spans.map(({ name }) => name)).toEqual(["one"]);
    expect(receiver.refusals).toEqual([]);
  });

  it.each(["1", "0"])(
    "sends spans and metrics in protobuf where the endpoint takes nothing else (spool %s)",
    async (spool) => {
      const bodies = new Map<string, Buffer>();
      // As Phoenix: JSON gets a 415, and the answer to protobuf is protobuf of no bytes.
      const server = createServer((request, response) => {
        const isProtobuf = request.headers["content-type"] === "application/x-protobuf";
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          if (isProtobuf) bodies.set(request.url ?? "", Buffer.concat(chunks));
          response.writeHead(isProtobuf ? 200 : 415, { "content-type": "application/x-protobuf" });
          response.end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const lines: string[] = [];
      const settings = readTelemetrySettings(
        {
          TALKTRACE_DIRECTORY: directory,
          TALKTRACE_SPOOL: spool,
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
          OTEL_METRICS_EXPORTER: "otlp",
        },
        (line) => lines.push(line),
      );
      const sink = openStore({ directory });
      const reportProblem = (line: string): void => void lines.push(line);
      const telemetry = startOpenTelemetry({ settings, sink, reportProblem });
      metrics.getMeter("test").createCounter("apples").add(3);
      telemetry.provider.getTracer("test").startSpan("नमस्ते").end();
      await telemetry.exporter.forceFlush();
      expect(telemetry.forwarder?.counts()).toEqual({ sent: 1, waiting: 0, dropped: 0 });
      await telemetry.shutdown();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      expect(bodies.get("/v1/traces")?.includes("नमस्ते")).toBe(true);
      expect(bodies.get("/v1/metrics")?.includes("apples")).toBe(true);
      expect(lines).toEqual([]);
    },
  );

  it("The spool stays where it was when the process goes to another folder", async () => {
    const before = process.cwd();
    const settings = readTelemetrySettings(
      { TALKTRACE_DIRECTORY: "calls", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" },
      () => undefined,
    );
    const other = mkdtempSync(join(tmpdir(), "talktrace-other-"));
    process.chdir(directory);
    const sink = openStore({ directory });
    const telemetry = startOpenTelemetry({ settings, sink, reportProblem: () => undefined });
    const tracer = telemetry.provider.getTracer("test");
    tracer.startSpan("one").end();
    process.chdir(other);
    tracer.startSpan("two").end();
    await telemetry.exporter.forceFlush();
    expect(telemetry.forwarder?.counts().waiting).toBe(2);
    await telemetry.shutdown();
    expect(readdirSync(other)).toEqual([]);
    expect(readdirSync(join(directory, "calls", ".spool"))).toHaveLength(1);
    process.chdir(before);
    rmSync(other, { recursive: true });
  });
});
