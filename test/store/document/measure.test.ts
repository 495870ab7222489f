import { expect, test } from "vitest";

import { summarize } from "../../../src/record/index.js";
import {
  applyOperation,
  beginConversation,
} from "../../../src/store/document/conversation-state.js";
import { measure } from "../../../src/store/document/measure.js";
import { agentSays, at, sessionStart, userSays } from "../support/conversation.js";

test("the figures of a state are those that summarize() computes over its messages", () => {
  const state = beginConversation(sessionStart());
  for (let n = 1; n <= 200; n += 1) {
    const heard = { started_at: at(n), ended_at: at(n + n / 7), audio: { duration_s: n / 3 } };
    const message =
      n % 2 === 0
        ? agentSays(n, "x", {
            ...(n % 3 !== 0 && heard),
            delivery: n % 4 === 0 ? "full" : "none",
            latency: { origin: "speech_end", marks: {}, e2e_s: 1 / n },
          })
        : userSays(n, "x", n % 3 === 0 ? { started_at: at(n), ended_at: at(n + 0.1) } : heard);
    applyOperation(state, { op: "add", message: { ...message, seq: n } });
    if (n % 10 === 0) measure(state);
  }
  const before = measure(state);
  expect(before).toEqual(
    summarize({ conversation: state.messages.items(), session: state.session }),
  );
  applyOperation(state, {
    op: "amend",
    id: "m_4",
    amendment: { delivery: "partial", interrupted_by: "m_5", ended_at: at(99) },
  });
  applyOperation(state, { op: "close", end: { ended_at: at(300) } });
  const after = measure(state);
  expect(after).toEqual(
    summarize({ conversation: state.messages.items(), session: state.session }),
  );
  expect(after.interruptions).toBe(before.interruptions + 1);
  expect(after.agent_speech_s).toBeGreaterThan(before.agent_speech_s);
});

test("a time that cannot be read costs its own figure only", () => {
  const state = beginConversation(sessionStart());
  const broken = userSays(1, "x", { started_at: "soon", ended_at: at(2) });
  const whole = userSays(2, "x", { started_at: at(2), ended_at: at(4) });
  applyOperation(state, { op: "add", message: { ...broken, seq: 1 } });
  applyOperation(state, { op: "add", message: { ...whole, seq: 2 } });
  expect(measure(state)).toMatchObject({ user_messages: 2, user_speech_s: 2 });
});

test("figures that take all times together wait for the end of a long conversation", () => {
  const state = beginConversation(sessionStart());
  for (let n = 1; n <= 1002; n += 1) {
    const heard = { started_at: at(n), ended_at: at(n + 0.5) };
    const message =
      n % 2 === 0 ? agentSays(n, "x", { ...heard, delivery: "full" }) : userSays(n, "x", heard);
    applyOperation(state, { op: "add", message: { ...message, seq: n } });
  }
  expect(measure(state)).toMatchObject({ user_messages: 501, user_speech_s: 250.5 });
  expect(measure(state)).not.toHaveProperty("silences");
  applyOperation(state, { op: "close", end: { ended_at: at(2000) } });
  expect(measure(state)).toMatchObject({ silences: { n: 0 }, overlap_s: 0 });
});
