import { expect, it } from "vitest";
import { importBytes, importOne, wordsOf } from "./support/import-calls.js";

it("lines of `user:` and `agent:` become messages in their order, without times that nobody knows", async () => {
  const call = await importOne(
    "agent: Hello.\r\nuser: नमस्ते: मेरा ऑर्डर?\r\nUSER: now\r\nagent:\r\n",
    "x.txt",
  );
  expect(wordsOf(call)).toEqual([
    "t_1 agent: Hello. (pending)",
    "t_2 user: नमस्ते: मेरा ऑर्डर?",
    "t_2 user: now",
    "t_2 agent:  (pending)",
  ]);
  expect(call).toMatchObject({ isUndated: true, missing: expect.arrayContaining(["times"]) });
  expect(call.conversation.session).toMatchObject({
    id: "x",
    started_at: "1970-01-01T00:00:00.000000+00:00",
  });
});

it("a file of several exported calls gives each of them, with its start and what was not heard", async () => {
  const calls = await importBytes(
    "# one, 2025-08-18T14:30:20.000000+05:30, text: both\nuser: hi\nagent: We are [not heard: open.]\n\n" +
      "# two, 2025-08-18T15:30:20.000000+05:30, text: heard\nuser: bye\n\n",
  );
  expect(calls.map(({ conversation: { session } }) => [session.id, session.started_at])).toEqual([
    ["one", "2025-08-18T14:30:20.000000+05:30"],
    ["two", "2025-08-18T15:30:20.000000+05:30"],
  ]);
  expect(calls[0]?.conversation.conversation[1]).toMatchObject({
    content: "We are",
    generated: "We are open.",
    delivery: "partial",
  });
});

it.each([
  ["user: root\nhost: db.example\npassword: x\n", "a file of settings"],
  ["Meeting notes\nuser: asked for more\n", "notes"],
  ["# only a comment\n\n", "comments"],
])("%j is no call, because not every line is a message", async (text) => {
  await expect(importBytes(text)).rejects.toThrow(
    'a text has to consist of lines that begin with "user:" or "agent:"',
  );
});
