import { voice } from "@livekit/agents";
import { describe, expect, it } from "vitest";
import { GREETING } from "../../src/agent/assistant.js";
import { holdConversation } from "../../src/demo/hold-conversation.js";
import { tellParcelStory } from "../../src/demo/script.js";

const RATE = 4;
const DELAYS = {
  finalDelayMs: 60,
  firstTokenDelayMs: 20,
  tokenIntervalMs: 1,
  firstByteDelayMs: 20,
};

/** What a session told of itself. */
function watch(session: voice.AgentSession) {
  const seen = {
    finals: [] as string[],
    languages: [] as (string | null)[],
    said: [] as string[],
    tools: [] as string[],
    interrupted: 0,
    ports: [] as number[],
  };
  const { UserInputTranscribed, ConversationItemAdded, FunctionToolsExecuted } =
    voice.AgentSessionEventTypes;
  session.on(UserInputTranscribed, ({ isFinal, transcript, language }) => {
    if (!isFinal) return;
    seen.finals.push(transcript);
    seen.languages.push(language);
  });
  session.on(ConversationItemAdded, ({ item }) => {
    if (item.type !== "message" || item.role !== "assistant") return;
    seen.said.push(item.textContent ?? "");
    if (item.interrupted) seen.interrupted += 1;
  });
  session.on(FunctionToolsExecuted, ({ functionCalls, functionCallOutputs }) => {
    seen.tools.push(...functionCalls.map(({ name, args }) => `${name} ${args}`));
    seen.tools.push(...functionCallOutputs.map(({ output }) => output));
  });
  return seen;
}

/** The stand-ins run in this process, so its own resources tell what still listens. */
function countServers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
}

function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

describe("holdConversation()", () => {
  it("holds the whole story: every utterance is heard in order, the tool is called, one reply is cut off", async () => {
    const story = tellParcelStory();
    let seen: ReturnType<typeof watch> | undefined;
    let serversDuring = 0;
    const [serversBefore, socketsBefore] = [countServers(), countSockets()];
    const held = await holdConversation({
      rate: RATE,
      delays: DELAYS,
      onSession(session) {
        seen = watch(session);
        serversDuring = countServers();
      },
    });
    expect(held.completed).toBe(true);
    expect(held.delays).toEqual(DELAYS);
    expect(held.utterances.map(({ text }) => text)).toEqual(
      story.map(({ utterance }) => utterance.text),
    );
    expect(seen?.finals).toEqual(story.map(({ utterance }) => utterance.text));
    expect(seen?.languages).toEqual(story.map(({ utterance }) => utterance.language));
    expect(seen?.tools).toEqual([
      'lookup_order {"order_number":"4271"}',
      expect.stringContaining('"status":"out for delivery"'),
    ]);
    expect(seen?.said[0]).toBe(GREETING);
    expect(seen?.said).toContain(
      "Your order 4271 is out for delivery, expected today between two and four.",
    );
    expect(seen?.said.at(-1)).toBe("Thank you for calling. नमस्ते, and have a good day.");
    expect(seen?.interrupted).toBe(1);

    // The greeting, a reply to each utterance, and one more after the tool's answer.
    expect(held.playouts).toHaveLength(story.length + 2);
    const cut = held.playouts.filter((playout) => playout.interrupted);
    expect(cut).toHaveLength(1);
    expect(cut[0]?.heardSeconds).toBeGreaterThanOrEqual(2);
    expect(cut[0]?.heardSeconds).toBeLessThan(cut[0]?.pushedSeconds ?? 0);
    for (const { heardSeconds, pushedSeconds } of held.playouts.filter(
      (playout) => !playout.interrupted,
    )) {
      expect(heardSeconds).toBeCloseTo(pushedSeconds, 6);
    }
    const interrupting = held.utterances.find(({ interrupts }) => interrupts);
    expect(interrupting?.startedAtMs).toBeGreaterThan(cut[0]?.startedAtMs ?? Infinity);
    expect(interrupting?.startedAtMs).toBeLessThan(cut[0]?.endedAtMs ?? 0);

    expect(serversDuring).toBe(serversBefore + 3);
    await expect.poll(countServers, { timeout: 10_000 }).toBe(serversBefore);
    await expect.poll(countSockets, { timeout: 10_000 }).toBe(socketsBefore);
  });

  it("ends early and in order when its signal aborts", async () => {
    const controller = new AbortController();
    const serversBefore = countServers();
    let closed = 0;
    const held = await holdConversation({
      rate: RATE,
      delays: DELAYS,
      signal: controller.signal,
      onSession(session) {
        session.on(voice.AgentSessionEventTypes.Close, () => (closed += 1));
      },
      onTurn: ({ id }) => {
        if (id === "order-number") controller.abort();
      },
    });
    expect(held.completed).toBe(false);
    expect(held.utterances.map(({ id }) => id)).toEqual(["where-is-my-parcel", "order-number"]);
    expect(closed).toBe(1);
    await expect.poll(countServers, { timeout: 10_000 }).toBe(serversBefore);
  });

  it("does not begin when its signal was aborted before", async () => {
    const held = await holdConversation({ rate: RATE, signal: AbortSignal.abort() });
    expect(held).toMatchObject({ completed: false, utterances: [], playouts: [] });
  });

  it("holds another script", async () => {
    const [first] = tellParcelStory();
    const script = first ? [{ ...first, reply: { say: "Good day to you." } }] : [];
    let seen: ReturnType<typeof watch> | undefined;
    const held = await holdConversation({
      rate: RATE,
      delays: DELAYS,
      script,
      onSession: (session) => {
        seen = watch(session);
      },
    });
    expect(held.completed).toBe(true);
    expect(seen?.said.at(-1)).toBe("Good day to you.");
  });

  it("says what it waited for when the session closes instead", async () => {
    const conversation = holdConversation({
      rate: RATE,
      delays: DELAYS,
      onSession(session) {
        session.on(voice.AgentSessionEventTypes.UserInputTranscribed, ({ isFinal }) => {
          if (isFinal) void session.close();
        });
      },
    });
    await expect(conversation).rejects.toThrow(
      'The session closed (user_initiated) before the reply to "where-is-my-parcel"',
    );
  });
});
