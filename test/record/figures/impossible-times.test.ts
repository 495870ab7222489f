import { expect, it } from "vitest";
import { type Message, readTimestamp, summarize } from "../../../src/record/index.js";

const POSSIBLE = "2026-02-28T10:00:00.000000+05:30";
const IMPOSSIBLE = "2026-02-31T10:00:00.000000+05:30";

it("readTimestamp() knows no day that no calendar has, and no missing one", () => {
  expect(readTimestamp(IMPOSSIBLE)).toBeUndefined();
  expect(readTimestamp(undefined)).toBeUndefined();
  expect(readTimestamp(POSSIBLE)).toBe(Date.parse("2026-02-28T04:30:00Z"));
});

it("summarize() leaves out what a 31st of February hides, and tells the rest", () => {
  const message: Message = {
    role: "user",
    content: "two words",
    timestamp: IMPOSSIBLE,
    source: "deepgram_stt",
    id: "m_1",
    seq: 1,
    turn_id: "t_1",
    started_at: IMPOSSIBLE,
    ended_at: POSSIBLE,
    audio: { duration_s: 2 },
  };
  const session = { id: "s", status: "complete", software: {} } as const;
  const conversation = [message, { ...message, id: "m_2", timestamp: POSSIBLE }];
  const metrics = summarize({
    conversation,
    session: { ...session, started_at: IMPOSSIBLE, ended_at: POSSIBLE },
  });
  expect(metrics).toMatchObject({ user_messages: 2, user_speech_s: 4, turns: 1 });
  expect(metrics).not.toHaveProperty("duration_s");
});
