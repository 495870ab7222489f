import { expect, test } from "vitest";
import { summarize } from "../../../src/record/index.js";
import type { AgentMessage, Session, UserMessage } from "../../../src/record/index.js";

const session: Session = {
  id: "s",
  status: "open",
  started_at: "2025-08-18T23:59:58.750000+05:30",
  software: {},
};
const base = {
  content: "",
  timestamp: session.started_at,
  source: "",
  id: "m",
  seq: 1,
  turn_id: "t",
};
const heard = (rest: Partial<AgentMessage> = {}): AgentMessage => ({
  ...base,
  role: "agent",
  delivery: "full",
  ...rest,
});
const said = (rest: Partial<UserMessage> = {}): UserMessage => ({ ...base, role: "user", ...rest });
const answered = (e2e_s: number): AgentMessage =>
  heard({ latency: { origin: "speech_end", marks: {}, e2e_s } });

test("`summarize()` counts nothing where nothing was said, and leaves out what is not known", () => {
  expect(summarize({ conversation: [], session })).toEqual({
    user_messages: 0,
    agent_messages: 0,
    interruptions: 0,
    user_speech_s: 0,
    agent_speech_s: 0,
  });
});

test("`summarize()` takes replies that the user cut off for interruptions, not those that failed or were closed", () => {
  const conversation = [
    said(),
    heard(),
    heard({ delivery: "partial", interrupted_by: "m_1" }),
    heard({ delivery: "none", interrupted_by: "m_1" }),
    heard({ delivery: "partial" }),
    heard({ delivery: "pending" }),
  ];
  expect(summarize({ conversation, session })).toMatchObject({
    user_messages: 1,
    agent_messages: 5,
    interruptions: 2,
  });
});

test("`summarize()` adds up speech without the dust of binary fractions", () => {
  const conversation = [
    said({ audio: { duration_s: 0.1 } }),
    said({ audio: { duration_s: 0.2 } }),
    said(),
  ];
  expect(summarize({ conversation, session }).user_speech_s).toBe(0.3);
});

test("`summarize()` counts of a reply what was audible, not what was synthesised", () => {
  const conversation = [
    heard({
      delivery: "partial",
      audio: { duration_s: 9 },
      started_at: "2025-08-18T23:59:59.000000+05:30",
      ended_at: "2025-08-19T00:00:00.250001+05:30",
    }),
    heard({ delivery: "none", audio: { duration_s: 9 } }),
    heard({ audio: { duration_s: 2 } }),
  ];
  expect(summarize({ conversation, session }).agent_speech_s).toBe(3.250001);
});

test("`summarize()` measures the session, also from one offset to another", () => {
  const ended = { ...session, ended_at: "2025-08-18T18:30:01.000000+00:00" };
  expect(summarize({ conversation: [], session: ended }).duration_s).toBe(2.25);
});

test.each([
  [[0.7], { n: 1, min: 0.7, median: 0.7, max: 0.7 }],
  [[1.1, 0.3, 0.9], { n: 3, min: 0.3, median: 0.9, max: 1.1 }],
  [[0.1, 10, 0.2, 2], { n: 4, min: 0.1, median: 1.1, max: 10 }],
])("`summarize()` spreads the response times %j over %j", (times, e2e_s) => {
  const conversation = [heard(), ...times.map(answered)];
  expect(summarize({ conversation, session }).e2e_s).toEqual(e2e_s);
});
