import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { currentClaimant } from "../../src/platform/owner.js";
import { nameClaim } from "../../src/store/disk/file-names.js";
import { readConversation, recoverConversations } from "../../src/store/index.js";
import { encodeLine } from "../../src/store/journal/journal-line.js";
import { idsOf, readPublished } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { leaveJournal } from "./support/left-journal.js";
import { NAME } from "./support/make-store.js";
import { startProgram } from "./support/program.js";

const silent = { onProblem: (): void => undefined };

test("what a killed process acknowledged is there, each message exactly once", async () => {
  const directory = makeFolder();
  const program = startProgram("write-until-killed.mjs", directory, "s1");
  while (program.lines.length < 400) await program.nextLine();
  program.child.kill("SIGKILL");
  await program.ended;
  const before = await readConversation(join(directory, `${NAME}.json`));
  const reports = await recoverConversations(directory, silent);
  expect(reports).toMatchObject([{ name: NAME, outcome: "recovered", damagedLines: 0 }]);
  expect(readdirSync(directory)).toEqual([`${NAME}.json`]);
  const conversation = readPublished(join(directory, `${NAME}.json`));
  const ids = idsOf(conversation);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.slice(0, program.lines.length)).toEqual(program.lines);
  // One message may have been written whose acknowledgement was not.
  expect(ids.length - program.lines.length).toBeLessThanOrEqual(1);
  expect(conversation.session.status).toBe("recovered");
  // A reader had the same before the recovery.
  expect(before.conversation.conversation).toEqual(conversation.conversation);
});

test("a journal with a live owner is left alone", async () => {
  const directory = makeFolder();
  const program = startProgram("open-and-hold.mjs", directory, "held", "2");
  while (program.lines.at(-1) !== "ready") await program.nextLine();
  expect(await recoverConversations(directory)).toEqual([]);
  expect(readdirSync(directory).filter((name) => name.endsWith(".journal"))).toHaveLength(2);
  program.child.kill("SIGKILL");
  await program.ended;
  const reports = await recoverConversations(directory);
  expect(reports.map(({ outcome }) => outcome)).toEqual(["recovered", "recovered"]);
});

test("a process that has ended is dead, though its parent has not noticed", async () => {
  if (!existsSync("/proc/self/stat")) {
    process.stderr.write("not run: this system does not show the state of processes\n");
    return;
  }
  const directory = makeFolder();
  const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 600"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    parent.kill("SIGKILL");
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  // It ends when the shell has become another program, which does not ask for its end.
  await expect
    .poll(() => readFileSync(`/proc/${pid}/stat`, "utf8"), { timeout: 20_000 })
    .toContain(" Z ");
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  leaveJournal(directory, { pid, start_ticks: Number(fields[19]) });
  expect(await recoverConversations(directory)).toMatchObject([{ outcome: "recovered" }]);
});

test("a journal with a live owner is not read to its end, unless it was let go of", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory, {});
  // More than can be read at once, and nothing of it is on the disk.
  truncateSync(journal, 3 * 1024 ** 3);
  expect(await recoverConversations(directory, silent)).toEqual([]);
  const released = encodeLine({ op: "release", n: 3, at: 0 }).bytes;
  leaveJournal(directory, {});
  appendFileSync(journal, released);
  expect(await recoverConversations(directory, silent)).toMatchObject([{ outcome: "recovered" }]);
  leaveJournal(directory, {});
  // What looks like a release and is none does not let go of it.
  appendFileSync(journal, released.subarray(0, -2));
  expect(await recoverConversations(directory, silent)).toEqual([]);
});

test("a claim is respected while its owner lives and taken over when it died", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  const held = startProgram("open-and-hold.mjs", makeFolder(), "held", "0");
  await held.nextLine();
  const stat = existsSync(`/proc/${held.child.pid}/stat`)
    ? readFileSync(`/proc/${held.child.pid}/stat`, "utf8")
    : undefined;
  const startTicks = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
  const claimant = { ...currentClaimant(), pid: held.child.pid!, startTicks };
  const claim = join(directory, nameClaim(NAME, claimant));
  renameSync(journal, claim);
  expect(await recoverConversations(directory)).toEqual([]);
  // Until then a reader finds the words under the claim.
  const { conversation } = await readConversation(join(directory, `${NAME}.json`));
  expect(idsOf(conversation)).toEqual(["m_1", "m_2"]);
  held.child.kill("SIGKILL");
  await held.ended;
  expect(await recoverConversations(directory)).toMatchObject([{ outcome: "recovered" }]);
  expect(existsSync(claim)).toBe(false);
});

test("two processes that recover one folder at once do each journal once", async () => {
  const directory = makeFolder();
  const writer = startProgram("open-and-hold.mjs", directory, "lost", "30");
  while (writer.lines.at(-1) !== "ready") await writer.nextLine();
  writer.child.kill("SIGKILL");
  await writer.ended;
  const recoverers = [
    startProgram("recover.mjs", directory),
    startProgram("recover.mjs", directory),
  ];
  await Promise.all(recoverers.map(({ ended }) => ended));
  const reports = recoverers.flatMap(
    ({ lines }) => JSON.parse(lines[0]!) as { outcome: string; name: string }[],
  );
  expect(reports.map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 30 }, () => "recovered"),
  );
  expect(new Set(reports.map(({ name }) => name)).size).toBe(30);
  const fileNames = readdirSync(directory);
  expect(fileNames).toHaveLength(30);
  for (const fileName of fileNames) {
    expect(readPublished(join(directory, fileName)).session.status).toBe("recovered");
  }
});

test("processes that open sessions in the same second never share a file", async () => {
  const directory = makeFolder();
  const programs = ["a", "b", "c"].map((prefix) =>
    startProgram("open-and-hold.mjs", directory, prefix, "40"),
  );
  await Promise.all(
    programs.map(async ({ lines, nextLine }) => {
      while (lines.at(-1) !== "ready") await nextLine();
    }),
  );
  const opened = programs.flatMap(({ lines }) => lines.slice(0, -1).map((line) => line.split(" ")));
  expect(opened).toHaveLength(120);
  expect(new Set(opened.map(([, fileName]) => fileName)).size).toBe(120);
  for (const [id, fileName] of opened) {
    expect(readPublished(join(directory, fileName!)).session.id).toBe(id);
  }
  expect(readdirSync(directory)).toHaveLength(240);
  for (const { child } of programs) child.kill("SIGKILL");
  await Promise.all(programs.map(({ ended }) => ended));
});
