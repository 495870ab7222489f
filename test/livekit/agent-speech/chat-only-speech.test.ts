import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, it } from "vitest";
import { ATTR } from "../../../otel/spans/attributes.js";
import { startConversation } from "../../../otel/index.js";
import { createClock } from "../../../src/livekit/livekit-facts/clock.js";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";
import { createObservedConversation } from "../../../src/livekit/conversation/observed-conversation.js";
import { writeUnseenSpeech } from "../../../src/livekit/agent-speech/chat-only-speech.js";

it("speech whose making was not seen is written as no operation of a service", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const clock = createClock();
  const endedMs = clock.now();
  const startedMs = endedMs - 1000;
  const session = { id: "s_1", started_at: new Date(startedMs).toISOString(), software: {} };
  writeUnseenSpeech(
    createObservedConversation({
      spans: startConversation(provider.getTracer("talktrace"), session, "room", startedMs),
      clock,
      startedMs,
      guard: createGuard(() => undefined),
      currentAgent: () => "desk",
      whoEndsTurns: () => "vad",
    }),
    "Good morning to you.",
    {
      firstFrameMs: undefined,
      startedMs,
      endedMs,
      playedS: 1,
      capturedS: 1,
      interrupted: false,
      estimate: undefined,
    },
    "mouth_piece_tts",
  );
  const written = exporter.getFinishedSpans().find(({ attributes }) => ATTR.content in attributes);
  expect(written?.attributes).toMatchObject({
    [ATTR.content]: "Good morning to you.",
    [ATTR.source]: "mouth_piece_tts",
  });
  expect(written?.attributes).not.toHaveProperty([ATTR.operation]);
});
