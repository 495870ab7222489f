import { llm, voice } from "@livekit/agents";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { FakeRealtime } from "../../compat/support/fake-realtime.js";
import {
  type ObservedSession,
  agentMessages,
  isAnswer,
  recordSessions,
  startSession,
} from "../support/observed-session.js";

recordSessions();

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

  it("is waited for no longer when the agent's code wants no reply", async () => {
    class Quiet extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        throw new voice.StopResponse();
      }
    }
    const call = await startSession({ agent: new Quiet({ instructions: "" }), llm: new FakeLLM() });
    call.userSays("never mind");
    await vi.waitUntil(async () =>
      (await call.read()).events.some(({ type }) => type === "reply_stopped"),
    );
    await call.session.say("Are you still there?").waitForPlayout();
    const [prompt] = agentMessages(await call.finish());
    expect(prompt).toMatchObject({ turn_id: "t_1", latency: { origin: "tts_start" } });
    expect(prompt?.latency?.e2e_s).toBeUndefined();
  });

  it("is waited for until the agent's code has said something in place of a reply", async () => {
    class Brief extends voice.Agent {
      override async onUserTurnCompleted(): Promise<void> {
        this.session.say("One moment.");
        throw new voice.StopResponse();
      }
    }
    const call = await startSession({ agent: new Brief({ instructions: "" }), llm: new FakeLLM() });
    const answered = untilAnswered(call, "One moment.");
    call.userSays("hello");
    await answered;
    const [said] = agentMessages(await call.finish());
    expect(said?.latency).toMatchObject({ origin: "speech_end", e2e_s: expect.any(Number) });
  });

  it("is waited for no longer when its reply was interrupted before any sound", async () => {
    const call = await startSession({
      llm: new FakeLLM([{ input: "hello", content: "Hi.", ttft: 60_000 }]),
    });
    const created = call.next("speech_created") as Promise<voice.SpeechCreatedEvent>;
    call.userSays("hello");
    const { speechHandle } = await created;
    await call.session.interrupt({ force: true }).await;
    await speechHandle.waitForPlayout();
    await call.session.say("Are you still there?").waitForPlayout();
    const [prompt] = agentMessages(await call.finish());
    expect(prompt?.latency).toMatchObject({ origin: "tts_start" });
  });

  it("is the one that a transcript tells of, though a server heard speech without words", async () => {
    const model = new FakeRealtime();
    const call = await startSession({ llm: model });
    for (const [words, reply] of [
      ["", "Sorry, what was that?"],
      ["where is my parcel", "On its way."],
      ["thank you", "You are welcome."],
    ] as const) {
      const answered = untilAnswered(call, reply);
      model.current.startSpeech();
      model.current.endSpeech();
      model.current.transcribe(words);
      model.current.answer(reply);
      await answered;
    }
    const { conversation } = await call.finish();
    expect(conversation.map(({ turn_id, content }) => [turn_id, content])).toEqual([
      ["t_1", "Sorry, what was that?"],
      ["t_2", "where is my parcel"],
      ["t_2", "On its way."],
      ["t_3", "thank you"],
      ["t_3", "You are welcome."],
    ]);
  });

  it("has how long each tool took, though the slowest took minutes", async () => {
    const call = await startSession({ llm: new FakeLLM() });
    const nowMs = Date.now();
    const calls = ["quick", "slow"].map((name) =>
      llm.FunctionCall.create({ callId: name, name, args: "{}", createdAt: nowMs - 200_000 }),
    );
    const outputs = ["quick", "slow"].map((name, index) =>
      llm.FunctionCallOutput.create({
        callId: name,
        name,
        output: "found",
        isError: false,
        createdAt: nowMs - (index === 0 ? 190_000 : 10),
      }),
    );
    call.session.emit(
      voice.AgentSessionEventTypes.FunctionToolsExecuted,
      voice.createFunctionToolsExecutedEvent({
        functionCalls: calls,
        functionCallOutputs: outputs,
        createdAt: nowMs,
      }),
    );
    const { events } = await call.finish();
    const tools = events.map(({ type, data }) => [type, data["name"], data["duration_s"]]);
    // Both were called at one moment, so either may stand first.
    expect(tools).toHaveLength(2);
    expect(tools).toContainEqual(["tool_call", "quick", 10]);
    expect(tools).toContainEqual(["tool_call", "slow", 199.99]);
  });
});
