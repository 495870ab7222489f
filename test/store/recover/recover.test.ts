import { execFileSync } from "node:child_process";
import {
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Owner, currentClaimant, currentOwner } from "../../../src/platform/owner.js";
import { nameClaim } from "../../../src/store/disk/file-names.js";
import type { OpenOperation } from "../../../src/store/document/operations.js";
import { openStore, recoverConversations } from "../../../src/store/index.js";
import { type LineHead, encodeLine } from "../../../src/store/journal/journal-line.js";
import {
  agentSays,
  at,
  idsOf,
  readPublished,
  sessionStart,
  userSays,
} from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { LEFT_AT_MS, deadPid, leaveJournal, leaveJournalOf } from "../support/left-journal.js";
import { ALWAYS_AT_ONCE, NAME } from "../support/make-store.js";

const silent = { onProblem: (): void => undefined };

test("a recovered conversation ends with its last line, and what was not known stays pending", async () => {
  const directory = makeFolder();
  leaveJournal(directory);
  const reports = await recoverConversations(directory);
  expect(reports).toEqual([
    {
      name: NAME,
      path: join(directory, `${NAME}.json`),
      outcome: "recovered",
      messages: 2,
      damagedLines: 0,
    },
  ]);
  const { conversation, session, metrics } = readPublished(join(directory, `${NAME}.json`));
  expect(session).toEqual({ ...sessionStart(), status: "recovered", ended_at: at(3) });
  expect(conversation[1]).toMatchObject({ delivery: "pending", content: "good morning" });
  expect(metrics.duration_s).toBe(3);
  expect(await recoverConversations(directory)).toEqual([]);
});

test("a torn last line was never acknowledged and is no damage", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  writeFileSync(journal, readFileSync(journal).subarray(0, -20));
  const reports = await recoverConversations(directory);
  expect(reports).toMatchObject([{ outcome: "recovered", messages: 1, damagedLines: 0 }]);
});

test("a damaged line is counted and reported, and what the published file has of it is kept", async () => {
  const directory = makeFolder();
  const json = join(directory, `${NAME}.json`);
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "damaged in the journal"));
  store.addEvent("s1", { type: "note", timestamp: at(1), data: { n: 1 } });
  await store.flush();
  const published = readFileSync(json);
  store.add("s1", userSays(2, "damaged in the journal, and not published"));
  store.add("s1", userSays(3, "whole", { timestamp: at(1) }));
  await store.shutdown();
  writeFileSync(json, published);
  const journal = join(directory, `${NAME}.journal`);
  writeFileSync(
    journal,
    readFileSync(journal, "latin1").replaceAll("damaged in", "DAMAGED in"),
    "latin1",
  );
  const problems: string[] = [];
  const reports = await recoverConversations(directory, {
    onProblem: (line) => problems.push(line),
  });
  expect(reports).toMatchObject([{ outcome: "recovered", messages: 2, damagedLines: 2 }]);
  expect(problems).toEqual([
    `2 damaged lines in "${NAME}.journal" were left out of its recovery; the journal is kept as "${NAME}.journal.damaged"`,
  ]);
  const { conversation, events, integrity } = readPublished(json);
  expect(conversation.map(({ content }) => content)).toEqual(["damaged in the journal", "whole"]);
  expect(events).toHaveLength(1);
  expect(integrity.damaged_lines).toBe(2);
});

test("a journal without a first line is set aside, never deleted, and tried once only", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  const bytes = readFileSync(journal);
  bytes[12]! ^= 1;
  writeFileSync(journal, bytes);
  writeFileSync(`${journal}.damaged`, "an older one");
  const reports = await recoverConversations(directory, silent);
  expect(reports).toMatchObject([{ outcome: "set_aside", path: `${journal}.damaged-2` }]);
  expect(readFileSync(`${journal}.damaged-2`)).toEqual(bytes);
  expect(readFileSync(`${journal}.damaged`, "utf8")).toBe("an older one");
  expect(await recoverConversations(directory, silent)).toEqual([]);
});

test("a journal that is just being created is left alone, an old empty one is set aside", async () => {
  const directory = makeFolder();
  const journal = join(directory, `${NAME}.journal`);
  writeFileSync(journal, "");
  expect(await recoverConversations(directory, silent)).toEqual([]);
  expect(existsSync(journal)).toBe(true);
  const reports = await recoverConversations(directory, { ...silent, foreignQuietMs: 0 });
  expect(reports).toMatchObject([{ outcome: "set_aside" }]);
});

test("a journal of a newer version is reported and not touched", async () => {
  const directory = makeFolder();
  const journal = join(directory, `${NAME}.journal`);
  const open = { op: "open" as const, session: sessionStart(), owner: currentOwner(), n: 0, at: 0 };
  writeFileSync(journal, encodeLine({ ...open, journal: 2 }).bytes);
  const reports = await recoverConversations(directory, silent);
  expect(reports).toMatchObject([{ outcome: "unsupported", path: journal }]);
  expect(readdirSync(directory)).toEqual([`${NAME}.journal`]);
});

test("a store that shut down lets go of its journals, though its process lives", async () => {
  const directory = makeFolder();
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  expect(await recoverConversations(directory)).toEqual([]);
  await store.shutdown();
  expect(readPublished(join(directory, `${NAME}.json`)).session.status).toBe("open");
  expect(await recoverConversations(directory)).toMatchObject([{ outcome: "recovered" }]);
});

/** What a recovery makes of a journal with such an owner, touched last at `touchedAt`. */
async function recoverFrom(
  owner: Partial<Owner>,
  options = {},
  touchedAt = new Date(),
): Promise<string[]> {
  const directory = makeFolder();
  const journal = leaveJournal(directory, owner);
  utimesSync(journal, touchedAt, touchedAt);
  const reports = await recoverConversations(directory, options);
  return reports.map(({ outcome }) => outcome);
}

test("a process counts as alive if it is the same process, not if another one has its number", async () => {
  const { start_ticks: startTicks, boot_id: bootId } = currentOwner();
  if (startTicks === undefined || bootId === undefined) {
    process.stderr.write("not run: this system does not tell boots and start times\n");
    return;
  }
  expect(await recoverFrom({})).toEqual([]);
  expect(await recoverFrom({ start_ticks: startTicks + 1 })).toEqual(["recovered"]);
  // Another machine cannot be asked: its journal has to be quiet for a while.
  expect(await recoverFrom({ host: "elsewhere" })).toEqual([]);
  expect(await recoverFrom({ pid_namespace: "pid:[1]" })).toEqual([]);
  expect(await recoverFrom({ host: "elsewhere" }, { foreignQuietMs: 0 })).toEqual(["recovered"]);
});

test("a reboot ends what went on before it, but a machine of the same name is another one", async () => {
  const { machine, boot_id: bootId } = currentOwner();
  if (machine === undefined || bootId === undefined) {
    process.stderr.write("not run: this system does not tell its id and its boots\n");
    return;
  }
  const beforeBoot = new Date(Date.now() - uptime() * 1000 - 1000);
  const ours = { boot_id: "an earlier one" };
  expect(await recoverFrom(ours, {}, beforeBoot)).toEqual(["recovered"]);
  // A clone of this machine, id and all, touches its journals while we look.
  expect(await recoverFrom(ours)).toEqual([]);
  for (const other of ["0123456789abcdef", undefined]) {
    const { machine: _machine, ...nameless } = { ...currentOwner(), ...ours };
    const owner = other === undefined ? nameless : { ...nameless, machine: other };
    const directory = makeFolder();
    leaveJournalOf(directory, owner);
    expect(await recoverConversations(directory)).toEqual([]);
    expect(await recoverConversations(directory, { foreignQuietMs: 0 })).toHaveLength(1);
  }
});

test("an open store shows other machines that it lives", async () => {
  const directory = makeFolder();
  const store = openStore({ directory, limits: { ...ALWAYS_AT_ONCE, heartbeatMs: 5 } });
  store.open(sessionStart());
  const journal = join(directory, `${NAME}.journal`);
  const longAgo = new Date(0);
  utimesSync(journal, longAgo, longAgo);
  await expect.poll(() => statSync(journal).mtimeMs).toBeGreaterThan(0);
  await store.shutdown();
});

test("a crash at any step of a recovery changes nothing in its result", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  const json = join(directory, `${NAME}.json`);
  const fresh = readFileSync(journal);
  await recoverConversations(directory);
  const expected = readFileSync(json, "utf8");
  const claim = join(directory, nameClaim(NAME, { ...currentClaimant(), pid: deadPid() }));

  const steps: Record<string, () => void> = {
    "claimed, nothing published": () => {
      execFileSync("rm", [json]);
      writeFileSync(claim, fresh);
    },
    "half a temporary file": () => {
      execFileSync("rm", [json]);
      writeFileSync(claim, fresh);
      writeFileSync(join(directory, `.${NAME}.json.99999-0badcafe.tmp`), expected.slice(0, 99));
    },
    "published, the journal still there": () => writeFileSync(claim, fresh),
    "published, the journal not even claimed": () => writeFileSync(journal, fresh),
  };
  for (const [step, arrange] of Object.entries(steps)) {
    arrange();
    const reports = await recoverConversations(directory);
    expect(reports, step).toMatchObject([{ outcome: "recovered", messages: 2 }]);
    expect(readFileSync(json, "utf8"), step).toBe(expected);
    expect(readdirSync(directory), step).toEqual([`${NAME}.json`]);
  }
});

test("a session that had closed becomes complete, not recovered", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  const end = { ended_at: at(4), close_reason: "user_initiated" };
  writeFileSync(journal, encodeLine({ op: "close", end, n: 3, at: LEFT_AT_MS + 1 }).bytes, {
    flag: "a",
  });
  expect(await recoverConversations(directory)).toMatchObject([{ outcome: "completed" }]);
  const { session } = readPublished(join(directory, `${NAME}.json`));
  expect(session).toEqual({ ...sessionStart(), ...end, status: "complete" });
});

test("neither a broken document nor another session's is overwritten", async () => {
  const directory = makeFolder();
  const json = join(directory, `${NAME}.json`);
  writeFileSync(json, '{"format": 1, "conversa');
  leaveJournal(directory);
  await recoverConversations(directory, silent);
  expect(readFileSync(`${json}.edited-1`, "utf8")).toBe('{"format": 1, "conversa');
  expect(readPublished(json).session.status).toBe("recovered");

  const other = readFileSync(json, "utf8").replace('"id": "s1"', '"id": "somebody else"');
  writeFileSync(json, other);
  leaveJournal(directory);
  const [report] = await recoverConversations(directory, silent);
  expect(readFileSync(json, "utf8")).toBe(other);
  expect(report?.path).toBe(join(directory, `${NAME}_2.json`));
  expect(idsOf(readPublished(join(directory, `${NAME}_2.json`)))).toEqual(["m_1", "m_2"]);
});

test("a folder that does not exist has nothing to recover", async () => {
  expect(await recoverConversations(join(makeFolder(), "nowhere"))).toEqual([]);
});

test("nameless files of dead processes go, once they are old", async () => {
  const directory = makeFolder();
  const old = join(directory, `.${NAME}.journal.99999-0badcafe.tmp`);
  const young = join(directory, `.${NAME}.journal.99999-0badbeef.tmp`);
  writeFileSync(old, "");
  writeFileSync(young, "");
  utimesSync(old, new Date(0), new Date(0));
  await recoverConversations(directory);
  expect(readdirSync(directory)).toEqual([`.${NAME}.journal.99999-0badbeef.tmp`]);
});

/**
 * A conversation as a dead process left it, with the first `keptLines` lines of its journal, of
 * which those in `damaged` are damaged; the published file has everything.
 */
async function leavePublishedAhead(keptLines: number, damaged: number[] = []): Promise<string> {
  const directory = makeFolder();
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", agentSays(2, "good morning to you"));
  store.add("s1", agentSays(3, "never heard"));
  store.amend("s1", "m_2", { delivery: "partial", content: "good", generated: "good morning" });
  store.retract("s1", "m_3", "failed");
  store.add("s1", userSays(4, "what?"));
  store.amend("s1", "m_2", { interrupted_by: "m_4" });
  await store.shutdown();
  const journal = join(directory, `${NAME}.journal`);
  const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
  const head = JSON.parse(lines[0]!.slice(9)) as OpenOperation & LineHead;
  const dead = encodeLine({ ...head, owner: { ...head.owner, pid: deadPid() } }).bytes;
  const rest = lines.slice(1, keptLines).map((line, i) => {
    return `${damaged.includes(i + 1) ? line.replace(/.$/, "!") : line}\n`;
  });
  writeFileSync(journal, `${dead.toString()}${rest.join("")}`);
  return directory;
}

test("what the journal lost with the machine's power is taken from the published file, amendments too", async () => {
  const spoken = async (directory: string, isDamaged = false): Promise<object> => {
    const [report] = await recoverConversations(directory, silent);
    expect(report).toMatchObject({ outcome: "recovered", messages: 3 });
    const kept = isDamaged ? [`${NAME}.journal.damaged`] : [];
    expect(readdirSync(directory)).toEqual([...kept, `${NAME}.json`]);
    const { conversation, unspoken } = readPublished(join(directory, `${NAME}.json`));
    return { conversation, unspoken };
  };
  const expected = await spoken(await leavePublishedAhead(8));
  expect(expected).toMatchObject({
    conversation: [
      { content: "hello" },
      { content: "good", delivery: "partial", interrupted_by: "m_4" },
      { content: "what?" },
    ],
    unspoken: [{ id: "m_3", reason: "failed" }],
  });
  for (let keptLines = 1; keptLines < 8; keptLines += 1) {
    expect(await spoken(await leavePublishedAhead(keptLines)), `${keptLines}`).toEqual(expected);
    const damaged = await leavePublishedAhead(8, [keptLines]);
    expect(await spoken(damaged, true), `${keptLines} damaged`).toEqual(expected);
  }
});

test("a damaged line feed at the very end costs nothing", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  const bytes = readFileSync(journal);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(journal, bytes);
  const reports = await recoverConversations(directory, silent);
  expect(reports).toMatchObject([{ outcome: "recovered", messages: 2, damagedLines: 1 }]);
});

/** What a power failure may leave of a session of which nothing was on the disk for certain. */
const WRECKS = {
  empty: "",
  zeros: "\0".repeat(4096),
  cut: '{\n  "format": 1,\n  "conversation": [\n',
};

for (const [kind, wreck] of Object.entries(WRECKS)) {
  test(`a document that a power failure left ${kind} does not stay in everybody's way`, async () => {
    const directory = makeFolder();
    const json = join(directory, `${NAME}.json`);
    const now = { ...silent, foreignQuietMs: 0 };
    // With a journal that tells nothing, and with none at all.
    for (const hasJournal of [true, false]) {
      writeFileSync(json, wreck);
      if (hasJournal) writeFileSync(join(directory, `${NAME}.journal`), "");
      const reports = await recoverConversations(directory, now);
      const aside = `${json}.damaged${hasJournal ? "" : "-2"}`;
      expect(reports.at(-1)).toMatchObject({ outcome: "set_aside", path: aside });
      expect(readFileSync(aside, "utf8")).toBe(wreck);
      expect(existsSync(json)).toBe(false);
      expect(await recoverConversations(directory, now)).toEqual([]);
    }
  });
}

test("an open document without a journal that tells anything is completed from what it holds", async () => {
  for (const journal of ["", "no line at all\n", undefined]) {
    const directory = await leavePublishedAhead(8);
    const json = join(directory, `${NAME}.json`);
    const before = readPublished(json);
    const path = join(directory, `${NAME}.journal`);
    if (journal === undefined) rmSync(path);
    else writeFileSync(path, journal);
    const reports = await recoverConversations(directory, { ...silent, foreignQuietMs: 0 });
    expect(reports.at(-1)).toMatchObject({ outcome: "recovered", path: json, messages: 3 });
    const after = readPublished(json);
    expect(after.session.status).toBe("recovered");
    expect(after.integrity.line).toBeUndefined();
    expect([after.conversation, after.unspoken]).toEqual([before.conversation, before.unspoken]);
    expect(await recoverConversations(directory, { foreignQuietMs: 0 })).toEqual([]);
  }
});

test("a fresh document with an empty journal or none is left alone, because its writer may be about to make one", async () => {
  const directory = await leavePublishedAhead(8);
  const journal = join(directory, `${NAME}.journal`);
  for (const act of [() => writeFileSync(journal, ""), () => rmSync(journal)]) {
    act();
    expect(await recoverConversations(directory, silent)).toEqual([]);
  }
});

test("a recovery leaves other files beside the conversations alone", async () => {
  const directory = makeFolder();
  const files = {
    "notes.json": "",
    "conversation.json": '{"format": 1, "conv',
    "conversation_20250818_143022.tags.json": "",
    "conversation_20250818_143023.json": '{"format": 99}',
    "conversation_20250818_143024.json": "[]",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  expect(await recoverConversations(directory, { foreignQuietMs: 0 })).toEqual([]);
  for (const [name, text] of Object.entries(files)) {
    expect(readFileSync(join(directory, name), "utf8")).toBe(text);
  }
});
