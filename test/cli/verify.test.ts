import {
  chmodSync,
  cpSync,
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
import { afterEach, beforeEach, expect, it } from "vitest";
import type { VerifiedFile } from "../../src/cli/text/verified-files.js";
import type { Conversation } from "../../src/record/index.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-verify-"));
  file = join(folder, "call.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function verify(...args: string[]) {
  const { code, stdout, stderr } = await runCli("verify", "--directory", folder, "--json", ...args);
  expect(stderr).toBe("");
  return { code, files: JSON.parse(stdout) as VerifiedFile[] };
}

it("`talktrace verify` says that whole files are as they should be, and changes nothing", async () => {
  cpSync(SAMPLE, file);
  const before = [readdirSync(folder), readFileSync(file, "utf8"), statSync(file).mtimeMs];
  expect(await verify()).toMatchObject({
    code: 0,
    files: [{ name: "call", status: "complete", problems: [] }],
  });
  expect((await runCli("verify", "--directory", folder)).stdout).toBe(
    "✓ 1 of 1 file is as it should be\n",
  );
  expect([readdirSync(folder), readFileSync(file, "utf8"), statSync(file).mtimeMs]).toEqual(before);
});

const BAD: [what: string, make: () => void, problem: RegExp, wayOut: RegExp][] = [
  [
    "is broken",
    () => writeFileSync(file, '{"format": 1, oops}'),
    /not valid JSON at byte 14/,
    /undo what changed the file/,
  ],
  [
    "is half-written",
    () => writeFileSync(file, readFileSync(SAMPLE).subarray(0, 4000)),
    /cut short at byte 4000/,
    /backup/,
  ],
  ["is empty", () => writeFileSync(file, ""), /the file is empty/, /backup/],
  [
    "is foreign",
    () => writeFileSync(file, '{"name": "my-app", "version": "1.0.0"}'),
    /.+/,
    /move it out of the folder/,
  ],
  [
    "is of a newer version",
    () => writeFileSync(file, '{"format": 99}'),
    /it has format 99/,
    /^update TalkTrace$/,
  ],
  [
    "is UTF-16",
    () => writeFileSync(file, Buffer.from(`\ufeff{"format": 1}`, "utf16le")),
    /UTF-16/,
    /^iconv -f UTF-16/,
  ],
  [
    "has 1 GB",
    () => {
      writeFileSync(file, "{");
      truncateSync(file, 2 ** 30);
    },
    /it has 1 GiB, and the limit is 256 MiB/,
    /move it out/,
  ],
  [
    "is a link that leads nowhere",
    () => symlinkSync(join(folder, "nowhere"), file),
    /it is a link/,
    /remove the link/,
  ],
  [
    "has a contradiction in it",
    () => writeFileSync(file, withContradiction()),
    /ends before it begins/,
    /compare it with a backup/,
  ],
];

function withContradiction(): string {
  const record = JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;
  const { session } = record;
  return JSON.stringify({
    ...record,
    session: { ...session, ended_at: "2001-01-01T00:00:00.000000+00:00" },
  });
}

it.each(BAD)(
  "`talktrace verify` exits 1 for a file that %s, with the reason and a way out",
  async (_what, make, problem, wayOut) => {
    make();
    const { code, files } = await verify();
    expect(code).toBe(1);
    expect(files).toHaveLength(1);
    expect(files[0]?.problems[0]?.problem).toMatch(problem);
    expect(files[0]?.problems[0]?.way_out).toMatch(wayOut);
    expect((await verify(file)).files[0]?.problems).toEqual(files[0]?.problems);
  },
);

it("`talktrace verify` exits 1 for a file whose name is not UTF-8", async () => {
  cpSync(SAMPLE, file);
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from(".json")]),
    "{}",
  );
  const { code, files } = await verify();
  expect(code).toBe(1);
  expect(files.flatMap(({ problems }) => problems.map(({ way_out }) => way_out))).toEqual([
    "give the file a name in UTF-8",
  ]);
});

it("`talktrace verify` names a sidecar that cannot be read, and one whose call is not there", async () => {
  cpSync(SAMPLE, file);
  writeFileSync(join(folder, "call.tags.json"), "{");
  writeFileSync(join(folder, "gone.tags.json"), '{"format":1,"tags":[],"verdict":null,"notes":[]}');
  const { code, files } = await verify();
  expect(code).toBe(1);
  expect(files.map(({ name, problems }) => [name, problems.map(({ what }) => what)])).toEqual([
    ["call", ["sidecar"]],
    ["gone", ["sidecar"]],
  ]);
});

it("`talktrace verify` names a damaged journal, and `recover` as the way out of a broken file that has one", async () => {
  const name = "conversation_20260101_090000";
  writeFileSync(join(folder, `${name}.journal`), "00000000 nothing\nmore\n");
  writeFileSync(join(folder, `${name}.json`), "{");
  const { files } = await verify();
  expect(files[0]?.problems.map(({ what }) => what)).toEqual(["document", "journal"]);
  expect(files[0]?.problems[0]?.way_out).toContain("recover");
  expect(files[0]?.problems[1]?.problem).toContain("damaged from its first line on");
});

it("`talktrace verify` says what lets nobody read a file", async () => {
  cpSync(SAMPLE, file);
  chmodSync(file, 0o000);
  const isRoot = process.getuid?.() === 0;
  const { files } = await verify();
  // Root reads what nobody may.
  expect(files[0]?.problems.map(({ way_out }) => way_out)).toEqual(
    isRoot ? [] : [`chmod u+r '${file}', as the file's owner`],
  );
});

it("`talktrace verify` prints the reason and the way out of each bad file, and how many are fine", async () => {
  cpSync(SAMPLE, file);
  writeFileSync(join(folder, "empty.json"), "");
  const { code, stdout } = await runCli("verify", "--directory", folder);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /◆ empty\n {2}document: Cannot read conversation ".*empty\.json": the file is empty\n {2}→ restore it/,
  );
  expect(stdout).toContain("1 of 2 files are as they should be");
});
