import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { startTelemetry } from "../../src/livekit/index.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";

it.each([
  { setting: undefined, isReviewed: false, isSent: true },
  { setting: undefined, isReviewed: true, isSent: false },
  { setting: "1", isReviewed: true, isSent: true },
  { setting: "off", isReviewed: false, isSent: false },
  ...["", " ", "n", "disabled", "never", "what"].map((setting) => ({
    setting,
    isReviewed: false,
    isSent: false,
  })),
  { setting: "Yes ", isReviewed: true, isSent: true },
])(
  "words on another's span, LIVEKIT_TELEMETRY_ALLOW_PII $setting, reviewed $isReviewed: sent $isSent",
  async ({ setting, isReviewed, isSent }) => {
    const directory = mkdtempSync(join(tmpdir(), "talktrace-content-"));
    const receiver = await startOtlpReceiver();
    const telemetry = startTelemetry({
      directory,
      console: false,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        ...(setting !== undefined && { LIVEKIT_TELEMETRY_ALLOW_PII: setting }),
      },
    });
    try {
      if (isReviewed) telemetry.withholdContent();
      const attributes = { "lk.pii.user_input": "my card is saffron", "lk.speech_id": "speech_1" };
      const span = trace.getTracer("livekit-agents").startSpan("agent_turn", { attributes });
      // What has begun is written down behind the code that began it.
      await Promise.resolve();
      const spooled = readdirSync(join(directory, ".spool"))
        .map((name) => readFileSync(join(directory, ".spool", name), "utf8"))
        .join("\n");
      expect(spooled).toContain("speech_1");
      expect(spooled.includes("saffron")).toBe(isSent);
      span.end();
      await telemetry.flush();
      expect(receiver.spans.map((sent) => sent.attributes)).toEqual([
        isSent ? attributes : { "lk.speech_id": "speech_1" },
      ]);
    } finally {
      await telemetry.shutdown();
      await receiver.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
