import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { currentClaimant } from "../../../src/platform/owner.js";
import { emptySidecar } from "../../../src/record/index.js";
import { changeSidecar, readSidecar, readSidecars } from "../../../src/store/index.js";

const WRITER = fileURLToPath(new URL("../support/sidecar-writer.mjs", import.meta.url));
let folder: string;
let path: string;
let sidecarPath: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-sidecar-"));
  path = join(folder, "conversation_20260101_090000.json");
  sidecarPath = join(folder, "conversation_20260101_090000.tags.json");
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

function tag(...tags: string[]) {
  return changeSidecar(path, (sidecar) => ({ ...sidecar, tags: [...sidecar.tags, ...tags] }));
}

function startWriter(prefix: string, count: number) {
  const child = spawn(process.execPath, [WRITER, path, prefix, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

it("a change makes the sidecar for its owner alone, and leaves no lock and no other file", async () => {
  expect(await readSidecar(path)).toBeUndefined();
  expect(await tag("billing")).toEqual({ ...emptySidecar(), tags: ["billing"] });
  expect(await readSidecar(path)).toEqual({ ...emptySidecar(), tags: ["billing"] });
  expect(statSync(sidecarPath).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["conversation_20260101_090000.tags.json"]);
});

it("a change keeps keys that this version does not know", async () => {
  writeFileSync(sidecarPath, JSON.stringify({ ...emptySidecar(), rating: 4 }));
  expect(await tag("billing")).toMatchObject({ rating: 4, tags: ["billing"] });
});

it("no change of several processes at once is lost", async () => {
  const [writers, each] = [4, 12];
  const children = Array.from({ length: writers }, (_, n) => startWriter(`w${n}`, each));
  const codes = await Promise.all(children.map((child) => once(child, "exit")));
  expect(codes.map(([code]) => code as number)).toEqual(Array(writers).fill(0));
  const expected = Array.from({ length: writers }, (_, n) =>
    Array.from({ length: each }, (__, m) => `w${n}-${m + 1}`),
  ).flat();
  expect((await readSidecar(path))?.tags.toSorted()).toEqual(expected.toSorted());
  expect(readdirSync(folder)).toEqual(["conversation_20260101_090000.tags.json"]);
});

it("a process that is killed at any moment holds up nobody, and loses no change that it told of", async () => {
  const child = startWriter("killed", 1000);
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if (told.split("\n").length > 5) child.kill("SIGKILL");
  });
  await once(child, "close");
  const count = told.split("\n").filter((line) => /^\d+$/.test(line)).length;
  expect(count).toBeGreaterThan(4);
  const { tags } = await tag("after");
  expect(tags.slice(0, count)).toEqual(Array.from({ length: count }, (_, n) => `killed-${n + 1}`));
  expect(tags.at(-1)).toBe("after");
  expect(readdirSync(folder).filter((name) => name.includes(".lock"))).toEqual([]);
});

it("a lock of a process that is no more is taken away, and one that lives is waited for", async () => {
  const { place } = currentClaimant();
  const lockOf = (pid: number, startTicks: number) =>
    join(folder, `.conversation_20260101_090000.tags.lock-${pid}-${startTicks}-${place}-00000000`);
  writeFileSync(lockOf(process.pid, 1), "");
  await tag("one");
  expect(existsSync(lockOf(process.pid, 1))).toBe(false);
  const living = lockOf(process.pid, 0);
  writeFileSync(living, "");
  const second = tag("two");
  const isDone = await Promise.race([
    second.then(() => true),
    tag("three").then(() => true),
    after(),
  ]);
  expect(isDone).toBe(false);
  rmSync(living);
  await second;
  expect((await readSidecar(path))?.tags).toContain("two");
});

/** Some turns of the event loop and of the disk, in which a change would have been made. */
async function after(): Promise<boolean> {
  for (let n = 0; n < 200; n += 1) await readSidecar(path);
  return false;
}

const HOSTILE: [what: string, make: () => void, why: RegExp][] = [
  ["is not JSON", () => writeFileSync(sidecarPath, "{ tags:"), /not valid JSON/],
  ["is empty", () => writeFileSync(sidecarPath, ""), /the file is empty/],
  ["is UTF-16", () => writeFileSync(sidecarPath, Buffer.from("\ufeff{}", "utf16le")), /UTF-16/],
  [
    "is foreign",
    () => writeFileSync(sidecarPath, '{"format":1,"tags":"x"}'),
    /docs\/tags.schema.json/,
  ],
  ["is an array", () => writeFileSync(sidecarPath, "[]"), /docs\/tags.schema.json/],
  ["is null", () => writeFileSync(sidecarPath, "null"), /docs\/tags.schema.json/],
  ["is of a newer version", () => writeFileSync(sidecarPath, '{"format":9}'), /newer version/],
  [
    "is nested too deeply",
    () => writeFileSync(sidecarPath, "[".repeat(200_000) + "]".repeat(200_000)),
    /deeply|docs\/tags/,
  ],
  [
    "is huge",
    () => {
      writeFileSync(sidecarPath, "{}");
      truncateSync(sidecarPath, 2 ** 30);
    },
    /the limit is 4 MiB/,
  ],
  [
    "is a link",
    () => {
      writeFileSync(join(folder, "target"), JSON.stringify(emptySidecar()));
      symlinkSync(join(folder, "target"), sidecarPath);
    },
    /it is a link/,
  ],
  [
    "is a link that leads nowhere",
    () => symlinkSync(join(folder, "nowhere"), sidecarPath),
    /it is a link/,
  ],
];

it.each(HOSTILE)(
  "a sidecar that %s is named with the reason, and never written over",
  async (_what, make, why) => {
    make();
    const before = statSync(sidecarPath, { throwIfNoEntry: false });
    const text = before !== undefined && before.size < 1e6 ? readFileSync(sidecarPath) : undefined;
    await expect(readSidecar(path)).rejects.toThrow(why);
    await expect(tag("billing")).rejects.toThrow(sidecarPath);
    const [, found] = [...(await readSidecars(folder))][0] ?? [];
    expect(found).toBeInstanceOf(Error);
    const now = statSync(sidecarPath, { throwIfNoEntry: false });
    expect([now?.size, now?.ino]).toEqual([before?.size, before?.ino]);
    expect(text === undefined ? undefined : readFileSync(sidecarPath)).toEqual(text);
    expect(readdirSync(folder).filter((name) => name.includes(".lock"))).toEqual([]);
  },
);
