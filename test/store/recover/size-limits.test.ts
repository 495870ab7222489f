import { closeSync, existsSync, openSync, readFileSync, readdirSync, statSync } from "node:fs";
import { ftruncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, asyncProperty, constantFrom, integer } from "fast-check";
import { expect, test } from "vitest";
import { currentOwner } from "../../../src/platform/owner.js";
import { FILE_LIMITS, readConversation, recoverConversations } from "../../../src/store/index.js";
import { type Line, encodeLine, readLines } from "../../../src/store/journal/journal-line.js";
import { at, sessionStart, userSays } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { deadPid, leaveJournal } from "../support/left-journal.js";
import { NAME } from "../support/make-store.js";

const GIGABYTES = 1.5 * 1024 ** 3;
const LONG_AGO = new Date(Date.now() - 3_600_000);

/** Makes a file of that size, most of which is a hole that takes no room on the disk. */
function growTo(path: string, byteCount: number): void {
  const fd = openSync(path, "a");
  ftruncateSync(fd, byteCount);
  closeSync(fd);
  utimesSync(path, LONG_AGO, LONG_AGO);
}

/** Recovers twice, and gives what each said. The second one must have nothing to do. */
async function recoverTwice(directory: string, maxBytes?: number) {
  const problems: string[] = [];
  const options = {
    onProblem: (line: string) => void problems.push(line),
    ...(maxBytes !== undefined && { maxBytes }),
  };
  const first = await recoverConversations(directory, options);
  return { first, second: await recoverConversations(directory, options), problems };
}

function encodeLines(messages: number): Buffer[] {
  const owner = { ...currentOwner(), pid: deadPid() };
  const lines: Line[] = [
    { op: "open", journal: 1, session: sessionStart(), owner, n: 0, at: 0 },
    ...Array.from({ length: messages }, (_, index): Line => {
      const n = index + 1;
      return { op: "add", message: { ...userSays(n, `word ${n} `.repeat(20)), seq: n }, n, at: n };
    }),
  ];
  return lines.map((line) => encodeLine(line).bytes);
}

test("a journal whose line feeds all became carriage returns is recovered line by line", async () => {
  const directory = makeFolder();
  const path = join(directory, `${NAME}.journal`);
  const bytes = Buffer.concat(encodeLines(8000));
  writeFileSync(path, bytes.toString("latin1").replaceAll("\n", "\r"), "latin1");
  utimesSync(path, LONG_AGO, LONG_AGO);
  const { first, second } = await recoverTwice(directory);
  expect(first).toMatchObject([{ outcome: "recovered", messages: 8000 }]);
  expect(second).toEqual([]);
});

test("one flipped byte in a journal of joined lines costs one line, and the journal is kept, set aside once", async () => {
  const whole = Buffer.from(
    Buffer.concat(encodeLines(20)).toString("latin1").replaceAll("\n", "\r"),
    "latin1",
  );
  const firstLineBytes = whole.indexOf("\r");
  const places = integer({ min: firstLineBytes + 1, max: whole.length - 1 });
  await assert(
    asyncProperty(places, constantFrom(0x01, 0x20, 0xff), async (place, mask) => {
      const directory = makeFolder();
      const path = join(directory, `${NAME}.journal`);
      const flipped = Buffer.from(whole);
      flipped[place]! ^= mask;
      writeFileSync(path, flipped);
      const { first, second, problems } = await recoverTwice(directory);
      const isBetweenLines = whole[place] === 0x0d;
      expect(first).toMatchObject([{ outcome: "recovered", messages: isBetweenLines ? 20 : 19 }]);
      expect(problems).toEqual([
        expect.stringContaining(`the journal is kept as "${NAME}.journal.damaged"`),
      ]);
      expect(readFileSync(`${path}.damaged`)).toEqual(flipped);
      expect(second).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test("every whole line is read where lines are joined, however many others are damaged", () => {
  const lines = encodeLines(600).map((bytes, index) => {
    const joined = Buffer.from(bytes);
    joined[joined.length - 1] = 0x0d;
    if (index % 2 === 1) joined[40]! ^= 1;
    return joined;
  });
  const read = [...readLines(Buffer.concat(lines))].flatMap(({ line }) => line?.n ?? []);
  expect(read).toEqual(lines.flatMap((_, index) => (index % 2 === 1 ? [] : [index])));
});

test("the memory and time for joined lines grow no faster than their number", () => {
  // What is taken from a chunk is counted, because times on a busy machine say little.
  const takenOf = (messages: number): number => {
    const joined = Buffer.from(
      Buffer.concat(encodeLines(messages)).toString("latin1").replaceAll("\n", "\r"),
      "latin1",
    );
    let taken = 0;
    const counted = new Proxy(joined, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        if (key === "toString") taken += target.length;
        return (...args: unknown[]): unknown => {
          const given: unknown = Reflect.apply(value, target, args);
          if (key === "subarray") taken += (given as Buffer).length;
          return given;
        };
      },
    });
    expect([...readLines(counted)].filter(({ line }) => line !== undefined)).toHaveLength(
      messages + 1,
    );
    return taken;
  };
  expect(takenOf(800) / takenOf(400)).toBeLessThan(2.5);
});

test("a line that is full of what looks like the end of one costs a bounded number of looks", () => {
  const tricks = "}\r00000000 {".repeat(300_000);
  expect([...readLines(Buffer.from(tricks))]).toEqual([{ line: undefined, isTail: true }]);
});

test("a journal that nobody can read is set aside once, and not a byte of it is read", async () => {
  const directory = makeFolder();
  growTo(leaveJournal(directory), GIGABYTES);
  const before = process.memoryUsage().rss;
  const { first, second, problems } = await recoverTwice(directory);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 ** 2);
  expect(first).toMatchObject([{ outcome: "set_aside" }]);
  expect(second).toEqual([]);
  expect(problems).toEqual([
    expect.stringMatching(/Cannot recover ".*\.journal": it has 1\.5 GiB, and the limit is/),
  ]);
  expect(readdirSync(directory)).toEqual([`${NAME}.journal.damaged`]);
});

test("a journal that is too large beside a call stays for `talktrace recover`, which takes it", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  // What a machine's power cut leaves behind the last line that reached the disk.
  growTo(journal, 40 * 1024 ** 2);
  const { first, second, problems } = await recoverTwice(directory);
  expect(first).toMatchObject([{ outcome: "failed", path: journal }]);
  expect(second).toEqual(first);
  expect(problems[0]).toContain('the limit is 32 MiB beside a call; "talktrace recover" takes it');
  expect(existsSync(journal)).toBe(true);
  expect((await recoverTwice(directory, FILE_LIMITS.maxBytes)).first).toMatchObject([
    { outcome: "recovered", messages: 2 },
  ]);
});

test("a document that nobody can read is set aside once, alone and beside a journal", async () => {
  const alone = makeFolder();
  const json = join(alone, `${NAME}.json`);
  growTo(json, GIGABYTES);
  const { first, second } = await recoverTwice(alone);
  expect(first).toMatchObject([{ outcome: "set_aside", path: `${json}.damaged` }]);
  expect(second).toEqual([]);
  expect(statSync(`${json}.damaged`).size).toBe(GIGABYTES);

  const beside = makeFolder();
  leaveJournal(beside);
  growTo(join(beside, `${NAME}.json`), GIGABYTES);
  expect((await recoverTwice(beside)).first).toMatchObject([{ outcome: "recovered", messages: 2 }]);
  expect(readFileSync(join(beside, `${NAME}.json`), "utf8")).toContain(at(1));
});

test("a document that is too large for any reader is refused with its size, unread", async () => {
  const directory = makeFolder();
  const json = join(directory, `${NAME}.json`);
  growTo(json, GIGABYTES);
  await expect(readConversation(json)).rejects.toMatchObject({
    name: "StoreError",
    message: `Cannot read conversation "${json}": it has 1.5 GiB, and the limit is 256 MiB`,
  });
});
