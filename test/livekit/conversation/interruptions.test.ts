import { expect, it } from "vitest";
import { createInterruptions } from "../../../src/livekit/conversation/interruptions.js";

const heard = (count: number, startedMs: number) => ({
  id: `m_${count}`,
  turnId: "t_1",
  startedMs,
  arrivedMs: startedMs + 100,
});

it("an interruption is by the first words of the turn that cut the speech off", () => {
  const interruptions = createInterruptions(() => false);
  interruptions.onUserMessage(heard(1, 500));
  interruptions.onUserMessage(heard(2, 2000));
  interruptions.onUserMessage(heard(3, 2500));
  expect(interruptions.by("m_9", 1000, 2100)).toBe("m_2");
});

it("interruptions keep only the last words of a user to whom nobody answers", () => {
  const interruptions = createInterruptions(() => false);
  for (let count = 1; count <= 300; count += 1)
    interruptions.onUserMessage(heard(count, count * 10));
  expect(interruptions.by("m_999", 0, 5000)).toBe("m_45");
});
