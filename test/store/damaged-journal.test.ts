import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Conversation, Participant } from "../../src/record/index.js";
import {
  type ConversationStore,
  openStore,
  readConversation,
  recoverConversations,
} from "../../src/store/index.js";
import { encodeLine } from "../../src/store/journal/journal-line.js";
import { agentSays, at, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { ALWAYS_AT_ONCE, NAME } from "./support/make-store.js";

const silent = { onProblem: (): void => undefined };

interface LeftBehind {
  published(store: ConversationStore): void;
  unpublished(store: ConversationStore): void;
}

/** A folder with a conversation whose file is behind, and whose journal has one damaged line. */
async function leaveDamaged({ published, unpublished }: LeftBehind, damagedLine: number) {
  const directory = makeFolder();
  const path = join(directory, `${NAME}.json`);
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  published(store);
  await store.flush();
  const document = readFileSync(path);
  unpublished(store);
  await store.shutdown();
  writeFileSync(path, document);
  const journal = join(directory, `${NAME}.journal`);
  const lines = readFileSync(journal, "utf8").split("\n");
  lines[damagedLine] = lines[damagedLine]!.replace(/.$/, "!");
  writeFileSync(journal, lines.join("\n"));
  return { directory, path };
}

/** What is read before a recovery, and what the file says after it. */
async function readBothWays(left: LeftBehind, damagedLine: number): Promise<Conversation[]> {
  const { directory, path } = await leaveDamaged(left, damagedLine);
  const { conversation, origin } = await readConversation(path);
  expect(origin).toBe("journal");
  expect(await recoverConversations(directory, silent)).toMatchObject([
    { outcome: "recovered", damagedLines: 1 },
  ]);
  return [conversation, readPublished(path)];
}

test("an amendment whose line is damaged is shown and recovered as the file has it", async () => {
  const interrupted = { delivery: "partial", generated: "the whole sentence" } as const;
  const left: LeftBehind = {
    published(store) {
      store.add("s1", agentSays(1, "the whole sentence"));
      store.amend("s1", "m_1", { ...interrupted, content: "the whole" });
      store.add("s1", userSays(2, "ok"));
    },
    unpublished: (store) => store.add("s1", userSays(3, "not published yet")),
  };
  for (const { conversation, integrity } of await readBothWays(left, 2)) {
    expect(conversation).toMatchObject([
      { ...interrupted, content: "the whole" },
      { content: "ok" },
      { content: "not published yet" },
    ]);
    expect(integrity.damaged_lines).toBe(1);
  }
});

test("what a line says that came after the file is newer than what a damaged one left in it", async () => {
  const left: LeftBehind = {
    published(store) {
      store.add("s1", agentSays(1, "one two three"));
      store.amend("s1", "m_1", { content: "one", interrupted_by: "m_9" });
    },
    unpublished: (store) => store.amend("s1", "m_1", { content: "one two", delivery: "partial" }),
  };
  for (const { conversation } of await readBothWays(left, 2)) {
    expect(conversation).toMatchObject([
      { content: "one two", delivery: "partial", interrupted_by: "m_9" },
    ]);
  }
});

test("what the file has of a session is kept by key, by participant and by attribute", async () => {
  const [first, second, third] = ["PA_1", "PA_2", "PA_3"].map((id): Participant => {
    return { identity: `caller ${id}`, id, kind: "standard" };
  }) as [Participant, Participant, Participant];
  const gone = { ...first, left_at: at(5) };
  const usage = [{ kind: "llm" as const, provider: "scribes", model: "scribe-3" }];
  const left: LeftBehind = {
    published(store) {
      store.amendSession("s1", { participants: [first], attributes: { tenant: "north" } });
      store.amendSession("s1", {
        room: "desk",
        room_id: "RM_1",
        participants: [gone, second],
        attributes: { plan: 1, caller: "new" },
      });
      store.amendSession("s1", { dispatch_metadata: "lead", usage });
    },
    unpublished: (store) =>
      store.amendSession("s1", { room: "hall", participants: [third], attributes: { plan: 2 } }),
  };
  for (const damagedLine of [1, 2, 3]) {
    for (const { session } of await readBothWays(left, damagedLine)) {
      const { status: _status, ended_at: _endedAt, ...known } = session;
      expect(known).toEqual({
        ...sessionStart(),
        room: "hall",
        room_id: "RM_1",
        participants: [gone, second, third],
        attributes: { tenant: "north", plan: 2, caller: "new" },
        dispatch_metadata: "lead",
        usage,
      });
    }
  }
});

test("the end that only the journal has stays as it is, whatever is damaged before it", async () => {
  const used = { kind: "llm" as const, provider: "scribes", model: "scribe-3" };
  const left: LeftBehind = {
    published: (store) => store.amendSession("s1", { usage: [{ ...used, output_tokens: 3 }] }),
    unpublished: (store) => store.addEvent("s1", { type: "note", timestamp: at(1), data: {} }),
  };
  const { directory, path } = await leaveDamaged(left, 1);
  const journal = join(directory, `${NAME}.journal`);
  const end = { ended_at: at(9), close_reason: "done", usage: [{ ...used, output_tokens: 12 }] };
  const close = encodeLine({ op: "close", end, n: 9, at: 0 }).bytes;
  // A store that writes this line publishes the end and removes the journal.
  appendFileSync(journal, close);
  await recoverConversations(directory, silent);
  expect(readPublished(path).session).toMatchObject({ status: "complete", ...end });
});
