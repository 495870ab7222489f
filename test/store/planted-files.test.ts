import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import {
  listConversations,
  readConversation,
  recoverConversations,
} from "../../src/store/index.js";
import { temporaryPathOf } from "../../src/store/disk/file-names.js";
import {
  agentSays,
  at,
  idsOf,
  readPublished,
  sessionStart,
  userSays,
} from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { leaveJournal } from "./support/left-journal.js";
import { makeStore, NAME } from "./support/make-store.js";

// The names of temporary files cannot be guessed; here they can, to plant something there. Modules may
// take random bytes while they are loaded.
const tokens = vi.hoisted((): string[] => []);
vi.mock("node:crypto", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:crypto")>();
  return {
    ...real,
    randomBytes: (size: number) => {
      const token = tokens.shift();
      return token === undefined ? real.randomBytes(size) : Buffer.from(token, "hex");
    },
  };
});

const silent = { onProblem: (): void => undefined };

/** What may be planted at a name, and whether it is still there, untouched. */
const PLANTS: Record<
  string,
  { plant: (path: string) => void; isThere: (path: string) => boolean }
> = {
  "a link to a precious file": {
    plant(path) {
      writeFileSync(`${path}.precious`, "precious");
      symlinkSync(`${path}.precious`, path);
    },
    isThere: (path) => readFileSync(readlinkSync(path), "utf8") === "precious",
  },
  "a link to nowhere": {
    plant: (path) => symlinkSync(`${path}.nowhere`, path),
    isThere: (path) => lstatSync(readlinkSync(path), { throwIfNoEntry: false }) === undefined,
  },
  "a pipe": {
    plant: (path) => execFileSync("mkfifo", [path]),
    isThere: (path) => lstatSync(path).isFIFO(),
  },
  "a folder with something in it": {
    plant: (path) => mkdirSync(join(path, "inside"), { recursive: true }),
    isThere: (path) => readdirSync(path).length === 1,
  },
  "somebody's notes": {
    plant: (path) => writeFileSync(path, "notes"),
    isThere: (path) => readFileSync(path, "utf8") === "notes",
  },
};

for (const [thing, { plant, isThere }] of Object.entries(PLANTS)) {
  test(`${thing} at any name before a session opens sends it to the next one`, async () => {
    const { store, problems } = makeStore({ directory: makeFolder(), textLog: true });
    const taken = [`${NAME}.json`, `${NAME}_2.journal`, `${NAME}_3.txt`].map((fileName) =>
      join(store.directory, fileName),
    );
    taken.forEach(plant);
    store.open(sessionStart());
    store.add("s1", userSays(1, "hello"));
    store.close("s1", { ended_at: at(2) });
    await store.shutdown();
    expect(store.pathOf("s1")).toBe(join(store.directory, `${NAME}_4.json`));
    expect(idsOf(readPublished(store.pathOf("s1")!))).toEqual(["m_1"]);
    expect(taken.every(isThere)).toBe(true);
    expect(problems).toEqual([]);
  });

  test(`${thing} at the document's name in the middle of a call is kept aside`, async () => {
    const { store } = makeStore({ onProblem: () => undefined });
    store.open(sessionStart());
    const path = store.pathOf("s1")!;
    rmSync(path);
    plant(path);
    store.add("s1", userSays(1, "hello"));
    await store.flush();
    expect(isThere(`${path}.edited-1`)).toBe(true);
    expect(idsOf(readPublished(path))).toEqual(["m_1"]);
    expect((await readConversation(path)).origin).toBe("file");
    await store.shutdown();
  });

  test(`${thing} at a temporary name is neither written to nor in the way`, async () => {
    const { store } = makeStore({ limits: { retryDelayMs: 600_000 }, onProblem: () => undefined });
    mkdirSync(store.directory, { recursive: true });
    const plantAt = (token: string, fileName: string): string => {
      tokens.push(token, token);
      const path = temporaryPathOf(join(store.directory, fileName));
      plant(path);
      return path;
    };
    const atOpening = plantAt("00000001", `${NAME}.journal`);
    store.open(sessionStart());
    // A name whose temporary one is taken counts as taken.
    const path = join(store.directory, `${NAME}_2.json`);
    expect(store.pathOf("s1")).toBe(path);
    const atPublishing = plantAt("00000002", `${NAME}_2.json`);
    store.add("s1", userSays(1, "hello"));
    await store.flush();
    await store.flush();
    expect(tokens).toEqual([]);
    expect(idsOf(readPublished(path))).toEqual(["m_1"]);
    expect([atOpening, atPublishing].every(isThere)).toBe(true);
    await store.shutdown();
  });

  test(`${thing} in a folder holds neither readers nor recoveries up`, async () => {
    const directory = makeFolder();
    leaveJournal(directory);
    const strange = ["conversation_20250101_000000", "conversation_20250101_000001"];
    const planted = [
      join(directory, `${strange[0]}.json`),
      join(directory, `${strange[1]}.journal`),
      join(directory, `${NAME}.json`),
    ];
    planted.forEach(plant);
    await listConversations(directory);
    await expect(readConversation(planted[0]!)).rejects.toThrow("Cannot read conversation");
    expect((await readConversation(join(directory, `${NAME}.json`))).origin).toBe("journal");
    const reports = await recoverConversations(directory, { ...silent, foreignQuietMs: 0 });
    expect(reports.find(({ name }) => name === NAME)).toMatchObject({
      outcome: "recovered",
      messages: 2,
    });
    expect(idsOf(readPublished(planted[2]!))).toEqual(["m_1", "m_2"]);
    expect(isThere(`${planted[2]}.edited-1`)).toBe(true);
  });

  test(`${thing} in the place of an abandoned journal is kept aside, and told once`, async () => {
    const { store } = makeStore();
    store.open(sessionStart());
    store.add("s1", userSays(1, "hello"));
    await store.shutdown();
    const path = join(store.directory, NAME);
    rmSync(`${path}.journal`);
    plant(`${path}.journal`);
    const left: unknown[] = [];
    const problems: string[] = [];
    const recover = (foreignQuietMs: number): Promise<unknown> =>
      recoverConversations(store.directory, {
        foreignQuietMs,
        onProblem: (line) => problems.push(line),
        onLeftAlone: (each) => left.push(each),
      });
    // Its owner may be about to put a new one there.
    expect(await recover(60_000)).toEqual([]);
    expect(left).toEqual([{ name: NAME, reason: "recent" }]);
    expect(await recover(0)).toMatchObject([
      { outcome: "set_aside", path: `${path}.journal.damaged` },
      { outcome: "recovered", path: `${path}.json`, messages: 1 },
    ]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^Cannot recover ".*\.journal": .* it is kept as ".*\.damaged"$/);
    expect(isThere(`${path}.journal.damaged`)).toBe(true);
    const { session, conversation } = readPublished(`${path}.json`);
    expect(session.status).toBe("recovered");
    expect(conversation.map(({ content }) => content)).toEqual(["hello"]);
    expect(await recover(0)).toEqual([]);
  });
}

test("whatever is done to a document in the middle of a call, the next one is whole", async () => {
  const { store } = makeStore({ onProblem: () => undefined });
  store.open(sessionStart());
  store.open(sessionStart("s2"));
  const path = store.pathOf("s1")!;
  store.add("s1", agentSays(1, "good morning"));
  await store.flush();
  const deeds: (() => void)[] = [
    () => truncateSync(path),
    () => truncateSync(path, 100),
    () => writeFileSync(path, readFileSync(path, "utf8").replace("good", "bad")),
    () => rmSync(path),
    () => execFileSync("chmod", ["000", path]),
  ];
  for (const [n, act] of deeds.entries()) {
    act();
    store.add("s1", userSays(n + 2, "and on"));
    await store.flush();
    const { conversation, integrity } = readPublished(path);
    expect(conversation).toHaveLength(n + 2);
    expect(conversation[0]?.content).toBe("good morning");
    expect(integrity).toMatchObject({ dropped: 0 });
  }
  expect(readPublished(store.pathOf("s2")!).conversation).toEqual([]);
  await store.shutdown();
});

test("words that somebody put into the document are not recovered as said, and not lost either", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", agentSays(2, "good morning"));
  await store.shutdown();
  const path = join(store.directory, `${NAME}.json`);
  const edited = readFileSync(path, "utf8").replace("good morning", "go away");
  writeFileSync(path, edited);
  expect(await recoverConversations(store.directory)).toMatchObject([{ outcome: "recovered" }]);
  expect(readPublished(path).conversation[1]?.content).toBe("good morning");
  expect(readFileSync(`${path}.edited-1`, "utf8")).toBe(edited);
});
