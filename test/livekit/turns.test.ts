import { llm, voice } from "@livekit/agents";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type ObservedSession,
  type Recorder,
  agentMessages,
  isAnswer,
  startRecorder,
  startSession,
} from "./support/observed-session.js";

let recorder: Recorder;
beforeAll(() => {
  recorder = startRecorder();
});
afterAll(() => recorder.stop());

const { FakeLLM } = voice.testing;

/** A door that the agent's own code waits at until the test opens it. */
function createGate() {
  let open = () => {};
  let reach = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const pass = () => {
    reach();
    return opened;
  };
  return { open, reached, pass };
}

function untilFinal(call: ObservedSession): Promise<unknown> {
  return call.next(
    "user_input_transcribed",
    (event: voice.UserInputTranscribedEvent) => event.isFinal,
  );
}

function untilAnswered(call: ObservedSession, content: string): Promise<unknown> {
  return call.next(
    "conversation_item_added",
    (event: voice.ConversationItemAddedEvent) =>
      isAnswer(event) && (event.item as llm.ChatMessage).textContent === content,
  );
}

describe("a turn", () => {
  it("is over when the agent's own code has it, whatever is said meanwhile", async () => {
    const gate = createGate();
    class Slow extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        await gate.pass();
      }
    }
    const call = await startSession({
      agent: new Slow({ instructions: "" }),
      llm: new FakeLLM([
        { input: "hello", content: "Hi." },
        { input: "and one more thing", content: "Sure thing." },
      ]),
    });
    call.userSays("hello");
    await gate.reached;
    const heard = untilFinal(call);
    call.userSays("and one more thing");
    await heard;
    const answered = untilAnswered(call, "Sure thing.");
    gate.open();
    await answered;
    const record = await call.finish();
    const spoken = record.conversation.map(({ turn_id, content }) => [turn_id, content]);
    expect(spoken).toContainEqual(["t_1", "hello"]);
    expect(spoken).toContainEqual(["t_2", "and one more thing"]);
    expect(spoken).toContainEqual(["t_2", "Sure thing."]);
    const marks = agentMessages(record).find(({ turn_id }) => turn_id === "t_2")?.latency?.marks;
    expect(Object.keys(marks ?? {})).toContain("turn_hook_end");
    expect(marks?.transcript_final).toBeLessThanOrEqual(marks?.turn_committed ?? -Infinity);
    expect(record.metrics.turns).toBe(2);
  });

  it("keeps its answer, though the user has begun the next one before it", async () => {
    const gate = createGate();
    class Slow extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        await gate.pass();
      }
    }
    const call = await startSession({
      agent: new Slow({ instructions: "" }),
      llm: new FakeLLM([{ input: "hello", content: "Hi there." }]),
    });
    call.userSays("hello");
    await gate.reached;
    const heard = untilFinal(call);
    // Words that LiveKit takes as no turn yet: the STT still hears the user speak.
    call.stt.finalTranscript("and then");
    await heard;
    const answered = untilAnswered(call, "Hi there.");
    gate.open();
    await answered;
    const record = await call.finish();
    expect(record.conversation.map(({ turn_id, content }) => [turn_id, content])).toEqual([
      ["t_1", "hello"],
      ["t_2", "and then"],
      ["t_1", "Hi there."],
    ]);
    expect(agentMessages(record)[0]?.latency?.e2e_s).toBeGreaterThan(0);
  });

  it("keeps the tools that were called for it, though the user speaks while they run", async () => {
    const gate = createGate();
    const agent = new voice.Agent({
      instructions: "",
      tools: {
        lookUp: llm.tool({
          description: "Looks up an order.",
          parameters: z.object({}),
          execute: async () => {
            await gate.pass();
            return "found";
          },
        }),
      },
    });
    const call = await startSession({
      agent,
      llm: new FakeLLM([
        { input: "where is it", toolCalls: [{ name: "lookUp", args: {} }] },
        { input: '"found"', content: "It is here." },
      ]),
    });
    call.userSays("where is it");
    await gate.reached;
    const heard = untilFinal(call);
    call.stt.finalTranscript("okay");
    await heard;
    const executed = call.next("function_tools_executed");
    gate.open();
    await executed;
    const record = await call.finish();
    expect(record.conversation.slice(0, 2).map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_2"]);
    const tools = record.events.filter(({ type }) => type === "tool_call");
    expect(tools.map(({ turn_id }) => turn_id)).toEqual(["t_1"]);
  });
});
