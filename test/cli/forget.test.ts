import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createSpanForwarder } from "../../otel/forward/span-forwarder.js";
import { SPOOL_LIMITS } from "../../otel/spool/limits.js";
import { makeRecordSpans } from "../../otel/record-spans.js";
import type { ForgetAnswer } from "../../src/cli/text/forgotten-calls.js";
import { parseCommandLine } from "../../src/cli/program.js";
import { readPublished, sessionStart } from "../store/support/conversation.js";
import { makeFolder, makeSmallDisk } from "../store/support/folder.js";
import { leaveJournal } from "../store/support/left-journal.js";
import { ALWAYS_AT_ONCE } from "../store/support/make-store.js";
import { changeSidecar, openStore, recoverConversations } from "../../src/store/index.js";
import { INDEX_FILE_NAME } from "../../src/store/index.js";
import { readCalls } from "../../src/source/call-index/read-calls.js";
import { AWAY, makeFakeSender } from "../otel/support/fake-sender.js";
import { makeForwarder } from "../otel/support/make-forwarder.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";
import { runCli } from "../support/run-cli.js";

const MARKER = "zyzzogeton";
const NAME = "conversation_20260101_090000";
const OTHER = "conversation_20260102_090000";
const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** A finished call as a file, with the marker word among what was said. */
function plantCall(
  folder: string,
  name: string,
  { seed = 1, word = MARKER, trace = TRACE, startedAt = "2026-01-01T09:00:00.000000+00:00" } = {},
): void {
  const { conversation } = generateCall(seed, false);
  const [first] = conversation.conversation;
  first!.content = `${word} ${first!.content}`;
  for (const message of conversation.conversation) message.trace_id = trace;
  Object.assign(conversation.session, {
    id: `id-of-${name}`,
    trace_id: trace,
    status: "complete",
    started_at: startedAt,
  });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(conversation, null, 2));
}

/** The files below a folder that have a text in them, found by another program. */
function grep(folder: string, text: string): string[] {
  try {
    return execFileSync("grep", ["-rlaF", text, folder], { encoding: "utf8" }).trim().split("\n");
  } catch (error) {
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}

/** Puts the spans of a call into the folder's spool, as a process that has ended left them. */
async function spool(folder: string, name: string): Promise<void> {
  const forwarder = makeForwarder(
    join(folder, ".spool"),
    "http://away",
    {},
    makeFakeSender(() => AWAY),
  );
  const spans = makeRecordSpans(readPublished(join(folder, `${name}.json`)), "test");
  for (const span of spans) forwarder.forward(span);
  await forwarder.shutdown();
}

async function makeIndex(folder: string): Promise<void> {
  const settings = { stepMs: -1, worthCalls: 1 };
  for await (const _ of readCalls(folder, {}, settings)) continue;
}

async function forget(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await runCli("forget", "--directory", folder, "--json", ...args);
  const answer = stdout === "" ? undefined : (JSON.parse(stdout) as ForgetAnswer);
  return { code, stderr, answer };
}

it("`talktrace forget NAME` leaves no byte of a call in the folder, also of what waits in the spool and stands in the index", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  plantCall(folder, OTHER, { seed: 2, word: "kept", trace: TRACE.replace("0", "1") });
  await spool(folder, NAME);
  await spool(folder, OTHER);
  await changeSidecar(join(folder, `${NAME}.json`), (before) => ({
    ...before,
    notes: [{ id: "n_1", at: "2026-01-01T09:00:00Z", by: "ada", text: MARKER }],
  }));
  for (const ending of [
    "txt",
    "levels",
    "ogg",
    "json.edited-1",
    "json.damaged",
    "tags.json.edited-1",
  ])
    writeFileSync(join(folder, `${NAME}.${ending}`), MARKER);
  writeFileSync(join(folder, `.${NAME}.json.12-0123abcd.tmp`), MARKER);
  writeFileSync(join(folder, `.${NAME}.tags.json.12-0123abcd.tmp`), MARKER);
  await makeIndex(folder);
  writeFileSync(join(folder, `${INDEX_FILE_NAME}.12-0123abcd.tmp`), MARKER);
  // An index of an older version cannot be read, so it goes as a whole.
  writeFileSync(join(folder, `${INDEX_FILE_NAME}-own-rules`), MARKER);
  const spans = grep(join(folder, ".spool"), MARKER);
  expect(spans).not.toEqual([]);
  expect(grep(join(folder, INDEX_FILE_NAME), MARKER)).not.toEqual([]);
  expect(grep(folder, "kept").length).toBeGreaterThan(2);
  const kept = grep(folder, "kept");

  const plan = await forget(folder, NAME, "--dry-run");
  expect(plan).toMatchObject({ code: 0, answer: { dry_run: true, index_rows: 1 } });
  expect(plan.answer?.calls[0]?.files).toHaveLength(10);
  expect(grep(folder, MARKER).length).toBeGreaterThan(10);

  const { code, answer } = await forget(folder, NAME, "--yes");
  expect(code).toBe(0);
  expect(answer).toMatchObject({ dry_run: false, index_rows: 1, left: [] });
  expect(answer?.spans).toBe(plan.answer?.spans);
  expect(answer?.calls).toMatchObject([{ name: NAME, outcome: "forgotten", trace_ids: [TRACE] }]);
  expect(answer?.not_reached[0]).toContain(TRACE);
  expect(grep(folder, MARKER)).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.includes(NAME))).toEqual([]);
  // The other call is whole, its spans and its row too.
  expect(grep(folder, "kept")).toEqual(kept);
  expect(grep(join(folder, ".spool"), TRACE)).toEqual([]);
});

it("spans of other calls are sent after a `talktrace forget`, and the spool has no damaged line", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  // Sessions of one job share a trace.
  plantCall(folder, OTHER, { seed: 2, word: "kept" });
  await spool(folder, NAME);
  await spool(folder, OTHER);
  await forget(folder, NAME, "--yes");
  const sender = makeFakeSender();
  const lines: string[] = [];
  const forwarder = createSpanForwarder({
    diskUse: "always",
    directory: join(folder, ".spool"),
    sender,
    url: "http://there",
    report: (line) => void lines.push(line),
    limits: SPOOL_LIMITS,
  });
  await forwarder.adopt();
  await forwarder.flush();
  await forwarder.shutdown();
  const spans = makeRecordSpans(readPublished(join(folder, `${OTHER}.json`)), "test");
  expect(sender.accepted).toEqual(spans.map(({ name }) => name));
  expect(lines).toEqual([]);
  expect(readdirSync(join(folder, ".spool"))).toEqual([]);
});

it("a process that sends a spool file is not disturbed when a call in it is forgotten", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  const sender = makeFakeSender(() => AWAY);
  const forwarder = makeForwarder(join(folder, ".spool"), "http://away", {}, sender);
  const spans = makeRecordSpans(readPublished(join(folder, `${NAME}.json`)), "test");
  for (const span of spans) forwarder.forward(span);
  await forwarder.flush();
  expect(grep(folder, MARKER).length).toBe(2);
  expect(await forget(folder, NAME, "--yes")).toMatchObject({ code: 0 });
  expect(grep(folder, MARKER)).toEqual([]);
  sender.judge = () => ({ outcome: "accepted" });
  await forwarder.shutdown();
  expect(sender.accepted).toEqual([]);
  expect(forwarder.lines.filter((line) => /damaged|Cannot read/.test(line))).toEqual([]);
  expect(existsSync(join(folder, ".spool"))).toBe(false);
});

it("`talktrace forget` deletes a recovered call with what its recovery set aside, also under a neighbour's name", async () => {
  const folder = makeFolder();
  const journal = leaveJournal(folder);
  const name = "conversation_20250818_143022";
  // A damaged line with the marker, and another session's document in the call's place.
  writeFileSync(journal, `${readFileSync(journal, "utf8")}00000000 {"text":"${MARKER}"}\n`);
  plantCall(folder, name, { word: "neighbour" });
  utimesSync(journal, 0, 0);
  const [report] = await recoverConversations(folder, { onProblem: () => undefined });
  expect(report).toMatchObject({ outcome: "recovered", path: join(folder, `${name}_2.json`) });
  expect(grep(folder, MARKER)).toEqual([join(folder, `${name}.journal.damaged`)]);
  expect(await forget(folder, `${name}_2`, "--yes")).toMatchObject({ code: 0 });
  expect(grep(folder, MARKER)).toEqual([]);
  expect(grep(folder, "good morning")).toEqual([]);
  expect(readdirSync(folder)).toEqual([`${name}.json`]);
});

it("a call of which only files are left that were set aside is forgotten by its name and by its age", async () => {
  const folder = makeFolder();
  for (const name of [NAME, OTHER]) writeFileSync(join(folder, `${name}.journal.damaged`), MARKER);
  expect(await forget(folder, NAME, "--yes")).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual([`${OTHER}.journal.damaged`]);
  expect(await forget(folder, "--older-than", "1d", "--yes")).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual([]);
});

it("an open call is never forgotten, whatever was asked for, and everything else is", async () => {
  const folder = makeFolder();
  const store = openStore({ directory: folder, limits: ALWAYS_AT_ONCE });
  onTestFinished(() => store.shutdown());
  store.open(sessionStart());
  plantCall(folder, NAME);
  plantCall(folder, OTHER, { seed: 2 });
  writeFileSync(join(folder, "tsconfig.json"), "{}");
  const before = readdirSync(folder).filter((name) => name.includes("2025"));
  const { code, answer } = await forget(folder, "--all", "--yes");
  expect(code).toBe(1);
  expect(answer?.calls.map(({ outcome }) => outcome).toSorted()).toEqual([
    "forgotten",
    "forgotten",
    "in_use",
  ]);
  expect(readdirSync(folder).toSorted()).toEqual([...before, "tsconfig.json"].toSorted());
  expect(await forget(folder, "conversation_20250818_143022", "--yes")).toMatchObject({ code: 1 });
  expect(readdirSync(folder).toSorted()).toEqual([...before, "tsconfig.json"].toSorted());
});

it("a query that fits every call forgets every call, and an empty one is refused", async () => {
  const folder = makeFolder();
  for (let n = 0; n < 70; n += 1) plantCall(folder, `${NAME}_${n + 2}`, { seed: n });
  await makeIndex(folder);
  expect(await forget(folder, "", "--yes")).toMatchObject({ code: 2, answer: undefined });
  const { code, answer } = await forget(folder, MARKER, "--yes");
  expect(code).toBe(0);
  expect(answer?.calls).toHaveLength(70);
  expect(grep(folder, MARKER)).toEqual([]);
  expect(readdirSync(folder)).toEqual([INDEX_FILE_NAME]);
});

it("a wrong name is an error and never a query, and one wrong name among several deletes nothing", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  for (const given of [["conversation_20260101_0900"], [`${OTHER}.json`], [NAME, "other"]]) {
    const { code, stderr } = await forget(folder, ...given, "--yes");
    expect(code, given.join()).toBe(1);
    expect(stderr).toContain("there is no such call");
  }
  expect((await forget(folder, "--yes")).code).toBe(2);
  expect((await forget(folder, NAME, "--older-than", "1d", "--yes")).code).toBe(2);
  expect(readdirSync(folder)).toEqual([`${NAME}.json`]);
});

it("`--older-than` keeps what began later, by the record's own time", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  const recent = new Date(Date.now() - 3_600_000).toISOString().replace("Z", "000+00:00");
  plantCall(folder, OTHER, { startedAt: recent });
  expect(await forget(folder, "--older-than", "2h", "--yes")).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual([`${OTHER}.json`]);
  expect(await forget(folder, "--older-than", "2h", "--yes")).toMatchObject({
    code: 0,
    answer: { calls: [] },
  });
});

it("nobody is asked where no terminal is, so without --yes nothing is deleted; on a terminal only a yes deletes", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  expect(await forget(folder, NAME)).toMatchObject({ code: 2, answer: undefined });
  const questions: string[] = [];
  const answerWith = (answer: boolean) => ({
    ...keepOutput(),
    confirm: (question: string) => {
      questions.push(question);
      return Promise.resolve(answer);
    },
  });
  const line = ["forget", "--directory", folder, NAME];
  await expect(parseCommandLine(answerWith(false), line)).rejects.toThrow("Nothing was deleted");
  expect(readdirSync(folder)).toEqual([`${NAME}.json`]);
  await parseCommandLine(answerWith(true), line);
  expect(readdirSync(folder)).toEqual([]);
  expect(questions[0]).toMatch(new RegExp(`^Delete ${NAME} \\(1 file, .* for good\\?$`));
});

it("a link is removed without what it leads to, and a hard link elsewhere is told of", async () => {
  const folder = makeFolder();
  const elsewhere = makeFolder();
  plantCall(elsewhere, "mine");
  symlinkSync(join(elsewhere, "mine.json"), join(folder, `${NAME}.json`));
  mkdirSync(join(folder, `${NAME}.ogg`));
  const linked = await forget(folder, NAME, "--yes");
  expect(linked.code).toBe(1);
  expect(linked.answer?.calls[0]?.left).toEqual([
    expect.stringContaining("was a link to"),
    expect.stringContaining("is no file"),
  ]);
  expect(readdirSync(folder)).toEqual([`${NAME}.ogg`]);
  plantCall(folder, OTHER);
  linkSync(join(folder, `${OTHER}.json`), join(elsewhere, "backup.json"));
  // Both names of this one are deleted.
  writeFileSync(join(folder, `${OTHER}.json.edited-1`), MARKER);
  linkSync(join(folder, `${OTHER}.json.edited-1`), join(folder, `${OTHER}.json.edited-2`));
  const { code, answer } = await forget(folder, OTHER, "--yes");
  expect(code).toBe(1);
  expect(answer?.calls[0]?.left).toEqual([
    `"${OTHER}.json" has another name elsewhere (a hard link), under which it stays`,
  ]);
  expect(readdirSync(elsewhere).toSorted()).toEqual(["backup.json", "mine.json"]);
  expect(readdirSync(folder)).toEqual([`${NAME}.ogg`]);
});

it("two processes that forget one call at once leave nothing of it, and neither fails", async () => {
  const folder = makeFolder();
  for (let n = 2; n < 12; n += 1) plantCall(folder, `${NAME}_${n}`);
  await makeIndex(folder);
  const runs = await Promise.all([1, 2, 3].map(() => forget(folder, MARKER, "--yes")));
  expect(runs.map(({ code, answer }) => [code, answer?.left])).toEqual(runs.map(() => [0, []]));
  expect(grep(folder, MARKER)).toEqual([]);
  expect(readdirSync(folder)).toEqual([INDEX_FILE_NAME]);
});

it("a folder that cannot be written to keeps its call, and the command says why", async () => {
  const isRoot = process.getuid?.() === 0;
  // Root may delete any file, but none of a disk that is mounted to be read.
  const folder = isRoot ? makeSmallDisk("8m") : makeFolder();
  if (folder === undefined) return;
  plantCall(folder, NAME);
  if (isRoot) execFileSync("mount", ["-o", "remount,ro", folder]);
  else chmodSync(folder, 0o500);
  const { code, answer } = await forget(folder, NAME, "--yes");
  const plan = await forget(folder, NAME, "--dry-run");
  if (!isRoot) chmodSync(folder, 0o700);
  expect(code).toBe(1);
  expect(answer?.calls[0]?.left?.[0]).toMatch(/permission denied|read-only file system/);
  expect(plan).toMatchObject({ code: 0, answer: { calls: [{ files: [`${NAME}.json`] }] } });
  expect(readdirSync(folder)).toEqual([`${NAME}.json`]);
});

it("`--sound-only` deletes sound and levels, and the words, tags and spans stay", async () => {
  const folder = makeFolder();
  plantCall(folder, NAME);
  plantCall(folder, OTHER);
  await spool(folder, NAME);
  for (const ending of ["levels", "ogg"]) writeFileSync(join(folder, `${NAME}.${ending}`), "sound");
  const { code, answer } = await forget(folder, "--all", "--sound-only", "--yes");
  expect(code).toBe(0);
  expect(answer).toMatchObject({ spans: 0, index_rows: 0, not_reached: [] });
  expect(answer?.calls.map(({ name }) => name)).toEqual([NAME]);
  expect(readdirSync(folder).toSorted()).toEqual([".spool", `${NAME}.json`, `${OTHER}.json`]);
  expect(grep(join(folder, ".spool"), MARKER)).not.toEqual([]);
});
