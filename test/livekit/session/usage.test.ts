import { type metrics, voice } from "@livekit/agents";
import { describe, expect, it } from "vitest";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";
import { readLivekitFigures } from "../../../src/livekit/livekit-facts/livekit-units.js";
import { followUsage } from "../../../src/livekit/session/usage.js";
import type { SessionAmendment } from "../../../src/record/index.js";
import { recordSessions, startSession } from "../support/observed-session.js";

const { FakeLLM } = voice.testing;

recordSessions();

function tokens(completionTokens: number): metrics.LLMMetrics {
  return {
    type: "llm_metrics",
    label: "test",
    requestId: "r_1",
    timestamp: 0,
    durationMs: 700,
    ttftMs: 200,
    cancelled: false,
    completionTokens,
    promptTokens: 0,
    promptCachedTokens: 0,
    totalTokens: completionTokens,
    tokensPerSecond: 17,
    metadata: { modelProvider: "scribes", modelName: "scribe-3" },
  };
}

const USED = { kind: "llm", provider: "scribes", model: "scribe-3" };

describe("a session's usage", () => {
  it("is in its file while it goes on, since its process may die", async () => {
    const llm = new FakeLLM([]);
    const call = await startSession({ llm });
    llm.emit("metrics_collected", tokens(12));
    const { session } = await call.read();
    expect(session).toMatchObject({ status: "open", usage: [{ ...USED, output_tokens: 12 }] });
    llm.emit("metrics_collected", tokens(30));
    const closed = await call.finish();
    expect(closed.session).toMatchObject({
      status: "complete",
      usage: [{ ...USED, output_tokens: 42 }],
    });
  });

  it("is written as it grows, at most twice a minute", () => {
    const session = new voice.AgentSession({ vad: null });
    const written: [number, SessionAmendment][] = [];
    let nowMs = 1000;
    const stop = followUsage(session, {
      spans: { amendSession: (_, amendment, atMs) => written.push([atMs, amendment]) },
      clock: { now: () => nowMs },
      guard: createGuard(() => undefined),
      figures: readLivekitFigures(() => undefined),
    });
    const use = (completionTokens: number, atMs: number) => {
      nowMs = atMs;
      const { usage } = session;
      const modelUsage = [
        { type: "llm_usage", provider: "p", model: "m", outputTokens: completionTokens },
      ];
      Object.defineProperty(session, "usage", {
        configurable: true,
        value: { ...usage, modelUsage },
      });
      session.emit(
        "session_usage_updated" as voice.AgentSessionEventTypes.SessionUsageUpdated,
        {} as never,
      );
    };
    use(1, 1000);
    use(2, 20_000);
    use(3, 31_000);
    stop();
    use(4, 90_000);
    expect(written).toEqual([
      [1000, { usage: [{ kind: "llm", provider: "p", model: "m", output_tokens: 1 }] }],
      [31_000, { usage: [{ kind: "llm", provider: "p", model: "m", output_tokens: 3 }] }],
    ]);
  });
});
