import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanStrings, cleanText, formatJson } from "../../src/cli/terminal.js";
import { formatConversation } from "../../src/cli/text/conversation-text.js";
import { groupLatencies, viewConversation } from "../../src/insight/index.js";
import { type Conversation, DEPTH_MARK, RecordError } from "../../src/record/index.js";
import { openFolderSource } from "../../src/source/index.js";
import { StoreError, recoverConversations } from "../../src/store/index.js";
import { leaveJournal } from "../store/support/left-journal.js";
import { damageBytes, damageDocument } from "../support/damage-file.js";
import { createRandom } from "../support/random.js";
import { countOf } from "../support/counts.js";

/** `FUZZ_SEED` and `FUZZ_ROUNDS` try other damage; a failure says which seed repeats it. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const ROUNDS = Number(process.env["FUZZ_ROUNDS"] ?? countOf(100, 300));
const NAME = "conversation_20250818_143022";
const STEERING =
  /[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

let folder: string;
let journal: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-damage-"));
  journal = readFileSync(leaveJournal(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a reader refused says; anything but a reader's own error is a fault of the reader. */
function sentenceOf(error: unknown): string {
  const isOwn = error instanceof RecordError || error instanceof StoreError;
  if (!isOwn || !error.message.includes(NAME))
    throw new Error("not a reader's own error with the name of the file", { cause: error });
  return error.message;
}

/** Reads and shows what lies in the folder. Gives the sentence of what was refused. */
async function readAndShow(): Promise<string | undefined> {
  const source = openFolderSource(folder);
  let refusal: string | undefined;
  for (const { name } of await source.list()) {
    let conversation: Conversation;
    try {
      conversation = await source.read(name);
    } catch (error) {
      refusal = sentenceOf(error);
      continue;
    }
    const view = viewConversation(conversation);
    const text = cleanText(formatConversation(cleanStrings(view), { columns: 80 }));
    expect(text).not.toMatch(STEERING);
    expect(formatJson(conversation)).not.toMatch(STEERING);
    groupLatencies([conversation], "llm");
  }
  return refusal;
}

it("a document and a journal with thousands of levels are shown, with a mark where they are cut", async () => {
  const deep = `${"[".repeat(5000)}"x\\u001b"${"]".repeat(5000)}`;
  const event = `{"type":"note","timestamp":"2025-08-18T14:30:23.000000+05:30","data":{"deep":${deep}}}`;
  const document = readFileSync("conversations/sample-parcel-desk.json", "utf8");
  rmSync(join(folder, `${NAME}.journal`));
  writeFileSync(
    join(folder, `${NAME}.json`),
    document.replace('"events": [', `"events": [${event},`),
  );
  const inDocument = (await openFolderSource(folder).read(NAME)).events[0]!;
  expect(JSON.stringify(inDocument)).toContain(DEPTH_MARK);
  expect(await readAndShow()).toBeUndefined();
  rmSync(join(folder, `${NAME}.json`));

  const json = `{"op":"event","event":${event},"n":9,"at":0}`;
  const line = `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
  writeFileSync(join(folder, `${NAME}.journal`), Buffer.concat([journal, Buffer.from(line)]));
  const inJournal = (await openFolderSource(folder).read(NAME)).events;
  expect(JSON.stringify(inJournal)).toContain(DEPTH_MARK);
  expect(await readAndShow()).toBeUndefined();
  await recoverConversations(folder, { onProblem: () => undefined });
  expect(await readAndShow()).toBeUndefined();
  rmSync(join(folder, `${NAME}.json`));
});

it.each([
  ["conversations/sample-parcel-desk.json"],
  ["conversations/sample-recovered.json"],
  ["test/record/fixtures/format-0-list.json"],
])("%s, damaged in any way, is read and shown or refused with a reason", async (sample) => {
  const whole = readFileSync(sample);
  const document = JSON.parse(whole.toString()) as unknown;
  let refused = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const random = createRandom(SEED + round);
    const bytes = random.chance(0.4)
      ? damageBytes(whole, random)
      : Buffer.from(JSON.stringify(damageDocument(document, random)));
    writeFileSync(join(folder, `${NAME}.json`), bytes);
    rmSync(join(folder, `${NAME}.journal`), { force: true });
    try {
      if ((await readAndShow()) !== undefined) refused += 1;
    } catch (error) {
      throw new Error(`FUZZ_SEED=${SEED + round} FUZZ_ROUNDS=1 repeats it`, { cause: error });
    }
  }
  // Neither everything nor nothing is refused, or this would not test readers.
  if (ROUNDS < 100) return;
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(ROUNDS);
});

it("a damaged journal, with or without its file, is read and shown or refused with a reason", async () => {
  const whole = readFileSync("conversations/sample-recovered.json");
  for (let round = 0; round < ROUNDS; round += 1) {
    const random = createRandom(SEED + round);
    writeFileSync(join(folder, `${NAME}.journal`), damageBytes(journal, random));
    if (random.chance(0.5)) rmSync(join(folder, `${NAME}.json`), { force: true });
    else writeFileSync(join(folder, `${NAME}.json`), damageBytes(whole, random));
    try {
      await readAndShow();
    } catch (error) {
      throw new Error(`FUZZ_SEED=${SEED + round} FUZZ_ROUNDS=1 repeats it`, { cause: error });
    }
  }
  expect(await openFolderSource(folder).list()).toHaveLength(1);
});
