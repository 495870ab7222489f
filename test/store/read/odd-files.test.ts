import { Buffer } from "node:buffer";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listConversations, readConversation } from "../../../src/store/index.js";
import { makeFolder } from "../support/folder.js";

const NAME = "conversation_20260101_090000";

/** Each is listed, so that nobody takes it for absent, and reading it says what is wrong. */
const ODD: [what: string, plant: (directory: string) => void, why: RegExp][] = [
  [
    "a link that leads nowhere",
    (directory) => symlinkSync("nowhere.json", join(directory, `${NAME}.json`)),
    /it is a link, and what it leads to is not there/,
  ],
  [
    "a link that leads to itself",
    (directory) => symlinkSync(`${NAME}.json`, join(directory, `${NAME}.json`)),
    /\(ELOOP\)/,
  ],
  [
    "a name that is not UTF-8",
    (directory) => {
      const name = Buffer.concat([Buffer.from("call-"), Buffer.from([0xff]), Buffer.from(".json")]);
      writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), "{}");
    },
    /its name is not UTF-8; rename the file to read it/,
  ],
  [
    "a journal that the system does not let be read",
    (directory) => symlinkSync(`${NAME}.journal`, join(directory, `${NAME}.journal`)),
    /"conversation_20260101_090000\.journal" cannot be read: .*\(ELOOP\)/,
  ],
  [
    "a journal that is damaged from its first line on",
    (directory) => writeFileSync(join(directory, `${NAME}.journal`), "not\na\njournal\n"),
    /there is no such file, and ".*\.journal" is damaged from its first line on/,
  ],
  [
    "an empty file",
    (directory) => writeFileSync(join(directory, `${NAME}.json`), ""),
    /the file is empty/,
  ],
];

test.each(ODD)("%s is listed, and reading it says what is wrong", async (_what, plant, why) => {
  const directory = makeFolder();
  plant(directory);
  const listed = await listConversations(directory);
  expect(listed).toHaveLength(1);
  await expect(readConversation(listed[0]?.path ?? "")).rejects.toThrow(why);
});

test("what is no file is not listed, and neither is one that went after its name was read", async () => {
  const directory = makeFolder();
  mkdirSync(join(directory, `${NAME}.json`));
  expect(await listConversations(directory)).toEqual([]);
});

test.each(["utf-16le", "utf-16be"])("a file in %s is named so, with the way out", async (code) => {
  const path = join(makeFolder(), `${NAME}.json`);
  const text = readFileSync("conversations/sample-parcel-desk.json", "utf8");
  for (const mark of ["\ufeff", ""]) {
    const bytes = Buffer.from(mark + text, "utf16le");
    writeFileSync(path, code === "utf-16be" ? bytes.swap16() : bytes);
    await expect(readConversation(path)).rejects.toThrow(
      'it is UTF-16 and has to be UTF-8; convert it, e.g. with "iconv -f UTF-16 -t UTF-8"',
    );
  }
});
