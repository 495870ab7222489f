import { join } from "node:path";
import { expect, test } from "vitest";
import type { ModelUsage, Participant } from "../../src/record/index.js";
import { openStore, recoverConversations } from "../../src/store/index.js";
import { applyOperation, beginConversation } from "../../src/store/document/conversation-state.js";
import { readPublished, sessionStart } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";

const CALLER: Participant = { identity: "caller", id: "PA_1", kind: "standard" };
const USED: ModelUsage = { kind: "llm", provider: "scribes", model: "scribe-3" };
const AT = "2025-08-18T14:30:22.123456+05:30";

test("what becomes known of a session is in its file", async () => {
  const store = openStore({ directory: makeFolder() });
  const start = sessionStart();
  store.open({ ...start, attributes: { tenant: "north", plan: 1 } });
  store.amendSession(start.id, { room: "desk", room_id: "RM_1", participants: [CALLER] });
  store.amendSession(start.id, { attributes: { plan: 2 } });
  store.amendSession(start.id, { participants: [{ ...CALLER, left_at: AT }] });
  store.amendSession(start.id, { participants: [{ ...CALLER, id: "PA_2" }] });
  store.amendSession(start.id, { dispatch_metadata: "lead [number]" });
  store.amendSession(start.id, { participants: [{ ...CALLER, id: "PA_2", identity: "masked" }] });
  store.close(start.id, { ended_at: AT });
  await store.flush();
  const path = store.pathOf(start.id) ?? "";
  await store.shutdown();
  expect(readPublished(path).session).toMatchObject({
    room: "desk",
    room_id: "RM_1",
    attributes: { tenant: "north", plan: 2 },
    // Who comes back under the same identity is somebody else to LiveKit.
    participants: [
      { ...CALLER, left_at: AT },
      { ...CALLER, id: "PA_2", identity: "masked" },
    ],
    dispatch_metadata: "lead [number]",
  });
});

test("what became known of a session is recovered with it", async () => {
  const directory = makeFolder();
  const store = openStore({ directory });
  const start = sessionStart();
  store.open(start);
  store.amendSession(start.id, { participants: [CALLER], attributes: { tenant: "north" } });
  store.amendSession(start.id, { usage: [{ ...USED, output_tokens: 3 }] });
  store.amendSession(start.id, { usage: [{ ...USED, output_tokens: 12 }] });
  const path = store.pathOf(start.id) ?? "";
  await store.shutdown();
  const reports = await recoverConversations(directory);
  expect(reports).toMatchObject([{ path: join(directory, path.split("/").at(-1) ?? "") }]);
  expect(readPublished(path).session).toMatchObject({
    status: "recovered",
    participants: [CALLER],
    attributes: { tenant: "north" },
    usage: [{ ...USED, output_tokens: 12 }],
  });
});

test("a session that is closed learns nothing more", () => {
  const state = beginConversation(sessionStart());
  applyOperation(state, { op: "close", end: { ended_at: AT } });
  const amendment = { participants: [CALLER] };
  expect(applyOperation(state, { op: "session", amendment })).toBe("closed");
  expect(state.session.participants).toBeUndefined();
});
