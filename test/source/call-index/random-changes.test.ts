import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TalkTraceConfig } from "../../../src/config/index.js";
import { type IndexSettings, readCalls } from "../../../src/source/call-index/read-calls.js";
import { INDEX_FILE_NAME } from "../../../src/store/index.js";
import { generateCall } from "../../support/generate-call.js";
import { type Random, createRandom } from "../../support/random.js";
import { countOf } from "../../support/counts.js";
import { readIndexed, readWhole } from "./support/calls-of-folder.js";

/** `npm run test:index` makes 10,000. */
const CHANGES = Number(process.env["INDEX_CHANGES"] ?? countOf(150, 400));
const NAMES = Array.from({ length: 9 }, (_, n) => `conversation_20260101_09000${n}`).concat(
  "imported",
  "another file",
);
const TEXTS = Array.from({ length: 30 }, (_, seed) => {
  const { conversation } = generateCall(seed + 1, false);
  const messages = conversation.conversation.slice(0, 5).map((message) => ({
    ...message,
    words: message.content.split(" ").map((text, at) => ({ text, at_s: at, until_s: at + 0.5 })),
  }));
  // A reader of many calls takes another way with files in the layout of a recorder.
  return JSON.stringify({ ...conversation, conversation: messages }, null, seed % 3);
});

let folder: string;
let aside: string;
/** Since the last time that all was read without a config, which mends the index that two readers use at once. */
let mayBeDamaged: boolean;
beforeEach(() => {
  aside = mkdtempSync(join(tmpdir(), "talktrace-index-"));
  folder = join(aside, "calls");
  mkdirSync(folder);
  mayBeDamaged = false;
});
afterEach(() => rmSync(aside, { recursive: true }));

const pathOf = (name: string): string => join(folder, `${name}.json`);

/** Each changes one thing as people, recorders and other programs do. */
const CHANGE: ((random: Random, path: string) => void)[] = [
  (random, path) => {
    writeFileSync(join(aside, "new"), random.pick(TEXTS));
    renameSync(join(aside, "new"), path);
  },
  (random, path) => writeFileSync(path, random.pick(TEXTS)),
  // Of the same size, and with the time of before.
  (_random, path) => {
    const { atime, mtime } = statSync(path);
    writeFileSync(path, readFileSync(path, "utf8").replace(/[aeiou](?=[^":]*",)/, "y"));
    utimesSync(path, atime, mtime);
  },
  (_random, path) => writeFileSync(path, readFileSync(path, "utf8").replace(/\d(?=\.\d+,)/, "7")),
  (random, path) => {
    const [from, to] = random.pick([
      [/"until_s": ?\d/, '"until_s": "x'],
      [/"words": ?\[/, '"words": [1,'],
      [/"delivery": ?"full"/, '"delivery": "none"'],
      [/"text": ?"/, '"text": "\\u00e9'],
    ] as const);
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  },
  (random, path) => truncateSync(path, random.below(statSync(path).size + 1)),
  (_random, path) => appendFileSync(path, " \n"),
  (_random, path) => appendFileSync(path, "}"),
  (_random, path) => rmSync(path),
  (_random, path) => utimesSync(path, new Date(), new Date(2020, 1, 1)),
  (random, path) => renameSync(path, pathOf(random.pick(NAMES))),
  (random, path) => {
    const other = pathOf(random.pick(NAMES));
    if (other === path) return;
    renameSync(path, join(aside, "held"));
    renameSync(other, path);
    renameSync(join(aside, "held"), other);
  },
  (random, path) => copyFileSync(pathOf(random.pick(NAMES)), path),
  (random, path) => {
    const call = JSON.parse(random.pick(TEXTS)) as { session: { status: string } };
    call.session.status = "open";
    writeFileSync(path, JSON.stringify(call));
  },
  (_random, path) => writeFileSync(path.replace(/\.json$/, ".journal"), "no journal"),
  (_random, path) => rmSync(path.replace(/\.json$/, ".journal")),
  (random, path) => {
    rmSync(path);
    symlinkSync(pathOf(random.pick(NAMES)), path);
  },
  (_random, path) => {
    rmSync(path);
    mkdirSync(path);
  },
  (_random, path) => rmSync(path, { recursive: true }),
  (_random, path) => writeFileSync(path, '{"a": 1}'),
];

/** Each does something to the index that only an accident, or another process, does. */
const DAMAGE: ((random: Random, path: string) => void)[] = [
  (random, path) => {
    const bytes = readFileSync(path);
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    writeFileSync(path, bytes);
  },
  (random, path) => truncateSync(path, random.below(statSync(path).size)),
  (_random, path) => rmSync(path),
  (_random, path) => writeFileSync(path, "no index"),
  (_random, path) => copyFileSync(path, join(aside, "old index")),
  (_random, path) => copyFileSync(join(aside, "old index"), path),
];

/** Nothing damages an index while it is being read: it is replaced as a whole. */
function change(random: Random, isBeingRead: boolean): void {
  const [changes, path] =
    !isBeingRead && random.chance(0.06)
      ? [DAMAGE, join(folder, `${INDEX_FILE_NAME}${random.pick(["", "-own-rules"])}`)]
      : [CHANGE, pathOf(random.pick(NAMES))];
  mayBeDamaged ||= changes === DAMAGE;
  try {
    random.pick(changes)(random, path);
  } catch {
    // Not every change can be made to what is there, e.g. a removal of what is not.
  }
}

/** Waits until the clock of the file system has gone on: a change in the same step looks like none. */
function passStep(): void {
  const probe = join(aside, "probe");
  const changedAt = (): bigint => {
    writeFileSync(probe, "x");
    return statSync(probe, { bigint: true }).ctimeNs;
  };
  const before = changedAt();
  // Files are dated to a millisecond where they are compared with the clock.
  while (changedAt() < before + 8_000_000n);
}

/** A user changes the own rules, takes them away and brings them back. */
const CONFIGS: readonly (TalkTraceConfig | undefined)[] = [
  undefined,
  undefined,
  {
    rules: [{ name: "said_the", severity: "bad", when: { role: "agent", text: "the" } }],
    off: ["slow_reply"],
  },
  { limits: { slowReplyS: { warn: 0.1 } } },
];

async function compareAfterChanges(changes: number, settings: IndexSettings, wait: () => void) {
  const random = createRandom(changes);
  let compared = 0;
  let made = 0;
  while (made < changes) {
    for (let n = 1 + random.below(4); n > 0; n -= 1, made += 1) change(random, false);
    if (!mayBeDamaged && random.chance(0.3)) {
      // While somebody reads, and another one too.
      const reading = readCalls(folder, {}, settings);
      const other = readIndexed(folder, settings);
      for await (const { name } of reading) {
        if (name !== "" && random.chance(0.4)) {
          change(random, true);
          made += 1;
        }
      }
      await other;
    }
    wait();
    const config = random.pick(CONFIGS);
    const whole = await readWhole(folder, config);
    expect(await readIndexed(folder, settings, config), `after ${made} changes`).toEqual(whole);
    if (config === undefined) mayBeDamaged = false;
    compared += 1;
  }
  return compared;
}

it("The index tells after random changes of files what reading all of them tells", async () => {
  const settings = { stepMs: 0, worthCalls: 1 };
  const compared = await compareAfterChanges(CHANGES, settings, passStep);
  expect(compared).toBeGreaterThan(CHANGES / 8);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

it("The index tells of files that were changed a moment ago what they have in them now", async () => {
  const settings = { worthCalls: 1 };
  await compareAfterChanges(Math.ceil(CHANGES / 4), settings, () => undefined);
  expect(existsSync(folder)).toBe(true);
});
