import { describe, expect, it } from "vitest";
import { findDeliveryFault } from "../../src/record/index.js";
import { importFixture, importOne, readFixture, wordsOf } from "./support/import-calls.js";

const WORDS = [
  "t_1 agent: Hello, this is the parcel desk. (full)",
  "t_2 user: What are your opening hours?",
  "t_2 agent: We are open from nine to five on weekdays. (full)",
  "t_3 user: Where is parcel 4271?",
  "t_3 agent: Parcel 4271 is out for delivery. The driver first (partial)",
  "t_4 user: Stop, that is enough.",
  "t_4 agent: All right, goodbye. (full)",
];

describe.each(["session-report-python.json", "session-report-node.json"])("%s", (name) => {
  it("gives the words, turns and what was heard as the call was scripted", async () => {
    const call = await importFixture(name);
    expect(wordsOf(call)).toEqual(WORDS);
    const [, user, reply] = call.conversation.conversation;
    expect(user).toMatchObject({
      source: "madeupstt_stt",
      language: "en",
      model: "ears-1",
      confidence: 0.93,
    });
    expect(reply).toMatchObject({
      source: "madeuptts_tts",
      model: "mouth-1",
      llm_model: "words-1",
    });
  });

  it("says which words interrupted which reply, and that what was heard is LiveKit's estimate", async () => {
    const { conversation } = await importFixture(name);
    const cut = conversation.conversation[4];
    expect(cut).toMatchObject({ heard_by: "estimate", interrupted_by: "m_6" });
    expect(conversation.metrics.interruptions).toBe(1);
    const faults = conversation.conversation.flatMap((message) =>
      message.role === "agent" ? (findDeliveryFault(message) ?? []) : [],
    );
    expect(faults).toEqual([]);
  });

  it("has each wait as LiveKit measured it, and a tool within the one that it delayed", async () => {
    const { conversation } = await importFixture(name);
    const waits = conversation.conversation.flatMap((message) =>
      message.role === "agent" ? [message.latency] : [],
    );
    // The greeting answers nobody, so nobody waited for it.
    expect(waits.map((wait) => wait?.e2e_s)).toEqual([
      undefined,
      expect.closeTo(0.628277, 5),
      expect.closeTo(1.29027, 5),
      expect.closeTo(0.626451, 5),
    ]);
    expect(waits[2]).toMatchObject({
      origin: "speech_end",
      measured_by: "livekit",
      speech_end_by: "vad",
      marks: {
        transcript_final: expect.closeTo(0.250585, 5),
        turn_committed: expect.closeTo(0.501194, 5),
        tool_start: expect.closeTo(0.503011, 5),
        tool_end: expect.closeTo(0.708168, 5),
      },
    });
  });

  it("has the tool, the end of the call, the usage and the SDK's version", async () => {
    const { conversation, missing } = await importFixture(name);
    expect(conversation.events).toEqual([
      {
        type: "tool_call",
        timestamp: expect.any(String),
        turn_id: "t_3",
        data: {
          name: "lookup_parcel",
          call_id: "call_503dfe121e49",
          arguments: '{"number": "4271"}',
          output: "parcel 4271: out for delivery",
          is_error: false,
          duration_s: 0.205,
        },
      },
    ]);
    expect(conversation.session).toMatchObject({
      id: "RM_91fc9d878040",
      status: "complete",
      close_reason: "user_initiated",
      room: "fake-room",
      agent: "a",
    });
    expect(conversation.metrics.duration_s).toBeCloseTo(24.171, 2);
    expect(conversation.session.usage).toHaveLength(2);
    const sdk = name.includes("node")
      ? { "@livekit/agents": "1.8.1" }
      : { "livekit-agents": "1.8.9" };
    expect(conversation.session.software).toMatchObject(sdk);
    expect(missing).toEqual([
      "the unheard rest of replies that were cut off",
      "word times",
      "when the LLM and the TTS were asked",
    ]);
  });
});

it("a report without a `close` event is of a call whose end was not recorded", async () => {
  const report = JSON.parse(readFixture("session-report-python.json").toString()) as {
    events: { type: string }[];
  };
  report.events = report.events.filter(({ type }) => type !== "close");
  const { conversation, missing } = await importOne(JSON.stringify(report));
  expect(conversation.session.status).toBe("recovered");
  expect(conversation.session.ended_at).toBeUndefined();
  expect(missing).toContain("the end of the call");
});

it("a report with a usage of an unknown type is read without that usage", async () => {
  const report = JSON.parse(readFixture("session-report-python.json").toString()) as {
    usage: object[];
  };
  const { session } = (await importOne(JSON.stringify(report))).conversation;
  const types = ["avatar_usage", ...Object.getOwnPropertyNames(Object.prototype)];
  report.usage.unshift(...types.map((type) => ({ ...report.usage[0], type })));
  const changed = (await importOne(JSON.stringify(report))).conversation;
  expect(changed.session.usage).toEqual(session.usage);
});

it("a typed message has no times of speech, and a reply that was only shown has no wait", async () => {
  const items = [
    { type: "message", role: "user", content: ["hello"], metrics: {}, created_at: 1795890830.01 },
    { type: "message", role: "assistant", content: ["Hi."], metrics: {}, created_at: 1795890830.4 },
  ];
  const report = { job_id: "j", events: [], chat_history: { items }, timestamp: 1795890831 };
  const { conversation } = await importOne(JSON.stringify(report));
  const [typed, shown] = conversation.conversation;
  expect(typed).toMatchObject({ source: "text_input" });
  expect(typed).not.toHaveProperty("started_at");
  expect(shown).toMatchObject({ source: "text_output", delivery: "full" });
  expect(shown).not.toHaveProperty("latency");
});
