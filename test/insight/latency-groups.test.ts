import { expect, it } from "vitest";
import { groupLatencies } from "../../src/insight/index.js";
import type { AgentMessage, Message, UserMessage } from "../../src/record/index.js";

let count = 0;

function exchange(
  e2e_s: number,
  models: { stt: string; llm?: string; tts: string },
  agent = "desk",
  timestamp = "2026-05-04T10:59:00.000000+05:30",
): Message[] {
  count += 1;
  const shared = { content: "", timestamp, seq: count, turn_id: `t_${count}`, source: "" };
  const user: UserMessage = { ...shared, role: "user", id: `u_${count}`, model: models.stt };
  const reply: AgentMessage = {
    ...shared,
    role: "agent",
    id: `a_${count}`,
    delivery: "full",
    agent,
    model: models.tts,
    ...(models.llm === undefined ? {} : { llm_model: models.llm }),
    latency: {
      origin: "speech_end",
      marks: { speech_end: 0, transcript_final: 0.25, playback_start: e2e_s },
      e2e_s,
    },
  };
  return [user, reply];
}

it("groupLatencies() tells replies of several conversations apart by model, agent and time", () => {
  const models = { stt: "lobe-1", llm: "scribe-3", tts: "lips-2" };
  const first = [...exchange(1, models), ...exchange(3, { ...models, llm: "scribe-4" }, "night")];
  const later = "2026-05-05T00:10:00.000000+05:30";
  const second = exchange(2, { stt: "lobe-2", tts: "lips-2" }, "desk", later);
  const conversations = [{ conversation: first }, { conversation: second }];
  const by = (what: Parameters<typeof groupLatencies>[1]) =>
    groupLatencies(conversations, what).map(({ key, e2e_s }) => [key, e2e_s.n, e2e_s.max]);

  expect(by("all")).toEqual([["all", 3, 3]]);
  expect(by("stt")).toEqual([
    ["lobe-1", 2, 3],
    ["lobe-2", 1, 2],
  ]);
  expect(by("llm")).toEqual([
    ["(unknown)", 1, 2],
    ["scribe-3", 1, 1],
    ["scribe-4", 1, 3],
  ]);
  expect(by("tts")).toEqual([["lips-2", 3, 3]]);
  expect(by("agent")).toEqual([
    ["desk", 2, 2],
    ["night", 1, 3],
  ]);
  expect(by("hour").map(([key]) => key)).toEqual(["2026-05-04T10:00", "2026-05-05T00:00"]);
  expect(by("day").map(([key]) => key)).toEqual(["2026-05-04", "2026-05-05"]);
});

it("groupLatencies() spreads each stage, and tells no P99 of less than 100 replies", () => {
  const models = { stt: "lobe-1", tts: "lips-2" };
  const replies = (n: number) =>
    groupLatencies([
      { conversation: Array.from({ length: n }, (_, index) => exchange(1 + index, models)).flat() },
    ])[0];
  expect(replies(99)?.e2e_s).not.toHaveProperty("p99");
  const group = replies(100);
  expect(group?.e2e_s).toMatchObject({ n: 100, p50: 50.5, p99: expect.closeTo(99.01, 6) });
  expect(group?.stages_s.speech_to_text).toMatchObject({ n: 100, p50: 0.25, p99: 0.25 });
  expect(group?.stages_s.unattributed).toMatchObject({ n: 100, min: 0.75 });
});

it("groupLatencies() adds up a stage that a wait has twice", () => {
  const [user, reply] = exchange(2, { stt: "lobe-1", tts: "lips-2" }) as [
    UserMessage,
    AgentMessage,
  ];
  const marks = {
    speech_end: 0,
    turn_committed: 0.5,
    tool_llm_start: 0.6,
    tool_llm_first_token: 0.8,
    tool_start: 0.8,
    tool_end: 1.4,
    llm_start: 1.6,
    playback_start: 2,
  };
  const message = { ...reply, latency: { origin: "speech_end" as const, marks, e2e_s: 2 } };
  const [group] = groupLatencies([{ conversation: [user, message] }]);
  expect(group?.stages_s.dispatch).toMatchObject({ n: 1, max: expect.closeTo(0.3, 9) });
  expect(group?.stages_s.tool?.max).toBeCloseTo(0.6, 9);
});
