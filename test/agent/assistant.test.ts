import { initializeLogger, llm, type voice } from "@livekit/agents";
import { beforeAll, describe, expect, it } from "vitest";
import { createAssistant } from "../../src/agent/assistant.js";
import { createModels } from "../../src/agent/models.js";
import { createSession } from "../../src/agent/session.js";

beforeAll(() => initializeLogger({ pretty: false, level: "silent" }));

const SETTINGS = {
  deepgram: { apiKey: "key", model: "nova-3", language: "multi" },
  cartesia: { apiKey: "key", model: "sonic-3", voice: "a-voice" },
  // Nothing listens there, so that not even a warm-up request leaves the machine.
  llm: { apiKey: "key", model: "gpt-4.1-mini", url: "http://127.0.0.1:1/v1" },
};

async function lookUp(order_number: string): Promise<unknown> {
  const assistant: voice.Agent = createAssistant();
  const tool = llm.toToolContext(assistant.toolCtx)?.functionTools["lookup_order"];
  if (!tool) throw new Error("The assistant has no lookup_order");
  // The tool looks at its arguments only.
  return tool.execute({ order_number }, {} as Parameters<typeof tool.execute>[1]);
}

describe("the reference agent", () => {
  it("tells the state of an order that there is", async () => {
    expect(await lookUp("4271")).toMatchObject({
      order_number: "4271",
      status: "out for delivery",
    });
  });

  it("tells the model to ask again about an order that there is not", async () => {
    expect(await lookUp("0000")).toMatchObject({
      order_number: "0000",
      error: expect.stringContaining("no such order"),
    });
  });

  it("is told to answer in both languages and never to guess", () => {
    expect(createAssistant().instructions).toContain("Devanagari");
    expect(createAssistant().instructions).toContain("Never guess");
  });

  it("builds its models and a session without touching the network", async () => {
    const models = createModels(SETTINGS);
    const session = createSession(models);
    expect(models.stt.model).toBe("nova-3");
    expect(models.tts.model).toBe("sonic-3");
    expect(models.llm.model).toBe("gpt-4.1-mini");
    expect(session.turnDetection).toBe("vad");
    expect(session.interruptionDetection).toBe("vad");
    await session.close();
  });
});
