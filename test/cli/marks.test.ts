import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/program.js";
import type { Sidecar } from "../../src/record/index.js";
import { keepOutput } from "../support/keep-output.js";
import { createRandom } from "../support/random.js";

const NAME = "sample-parcel-desk";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-marks-"));
  cpSync(`conversations/${NAME}.json`, join(folder, `${NAME}.json`));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(command: string, ...args: string[]): Promise<string> {
  const terminal = keepOutput();
  await parseCommandLine(terminal, [command, "--directory", folder, ...args]);
  return [...terminal.out, ...terminal.err].join("\n");
}

function readMarks(): Sidecar {
  return JSON.parse(readFileSync(join(folder, `${NAME}.tags.json`), "utf8")) as Sidecar;
}

it("`talktrace tag NAME a b` adds tags once each, and `--remove` takes one away", async () => {
  await run("tag", NAME, "billing", "regression");
  expect(await run("tag", NAME, "billing", "--remove", "regression")).toBe(`${NAME}\n#billing`);
  expect(readMarks()).toEqual({ format: 1, tags: ["billing"], verdict: null, notes: [] });
});

it.each(["a b", "-x", "a\u001b[2J", "x".repeat(65)])(
  "`talktrace tag NAME` refuses %j",
  async (tag) => {
    await expect(run("tag", NAME, "--", tag)).rejects.toThrow("A tag has letters");
    await expect(run("tag", NAME, `--remove=${tag}`)).rejects.toThrow("A tag has letters");
  },
);

it("`talktrace note NAME@0:40 TEXT` keeps the moment and the message, and `--remove n_1` takes it away", async () => {
  await run("note", `${NAME}@0:40`, "cut", "off", "here", "--by", "ada");
  await run("note", NAME, "second");
  const [first, second] = readMarks().notes;
  expect(first).toMatchObject({ id: "n_1", by: "ada", text: "cut off here", at_s: 40 });
  expect(first?.message_id).toMatch(/^m_\d+$/);
  expect(second).toMatchObject({ id: "n_2", text: "second" });
  expect(second).not.toHaveProperty("at_s");
  await run("note", NAME, "--remove", "n_1");
  await run("note", NAME, "third");
  expect(readMarks().notes.map(({ id }) => id)).toEqual(["n_2", "n_3"]);
  await expect(run("note", NAME, "--remove", "n_9")).rejects.toThrow("it has n_2, n_3");
  await expect(run("note", NAME)).rejects.toThrow("A note needs a text");
});

it("`talktrace note` never gives the id of a removed note to another one", async () => {
  const random = createRandom(7);
  const given: string[] = [];
  for (let n = 0; n < 40; n += 1) {
    const ids = n === 0 ? [] : readMarks().notes.map(({ id }) => id);
    const args = ["note", NAME, ...(random.chance(0.5) ? ["words"] : [])];
    if (ids.length > 0 && random.chance(0.6)) args.push("--remove", random.pick(ids));
    else if (args.length === 2) args.push("words");
    await run(args[0]!, ...args.slice(1));
    await run("tag", NAME, `round-${n}`);
    given.push(...readMarks().notes.flatMap(({ id }) => (ids.includes(id) ? [] : [id])));
  }
  expect(given.length).toBeGreaterThan(10);
  expect(new Set(given).size).toBe(given.length);
  await run("note", NAME, "the last");
  const last = readMarks().notes.at(-1)!.id;
  await run("note", NAME, "another", "--remove", last);
  expect(readMarks().notes.map(({ id }) => id)).not.toContain(last);
});

it("`talktrace verdict NAME bad` is one of few, and `none` takes it away", async () => {
  expect(await run("verdict", NAME, "bad")).toContain("✗ bad");
  expect(readMarks().verdict).toBe("bad");
  await run("verdict", NAME, "none");
  expect(readMarks().verdict).toBeNull();
  await expect(run("verdict", NAME, "awful")).rejects.toThrow("Allowed choices are good, bad");
});

it("a note with controls in it steers no terminal, and the conversation itself is not changed", async () => {
  const before = readFileSync(join(folder, `${NAME}.json`), "utf8");
  expect(await run("note", NAME, "a\u001b[2Jb\u202ec", "--by", "e\u0007ve")).not.toMatch(
    /[\u001b\u202e\u0007](?!\[\d+m)/,
  );
  expect(readMarks().notes[0]?.text).toBe("a\u001b[2Jb\u202ec");
  expect(readFileSync(join(folder, `${NAME}.json`), "utf8")).toBe(before);
});

it("a call that is not there gets no tags, and a sidecar that cannot be read stays as it is", async () => {
  await expect(run("tag", "nowhere", "x")).rejects.toThrow("there is no such file");
  writeFileSync(join(folder, `${NAME}.tags.json`), "{ my own");
  await expect(run("verdict", NAME, "bad")).rejects.toThrow("not valid JSON");
  expect(readFileSync(join(folder, `${NAME}.tags.json`), "utf8")).toBe("{ my own");
});

it("`tag:`, `verdict:` and their negations find calls, and list and show print what was said of one", async () => {
  cpSync(`conversations/${NAME}.json`, join(folder, "other.json"));
  await run("tag", NAME, "billing/refund");
  await run("verdict", NAME, "bad");
  await run("note", `${NAME}@0:40`, "cut off", "--by", "ada");
  const names = async (...query: string[]) =>
    (JSON.parse(await run("list", "--json", ...query)) as { name: string }[]).map(
      ({ name }) => name,
    );
  expect(await names("tag:billing")).toEqual([NAME]);
  expect(await names("tag:Billing/Refund verdict:bad")).toEqual([NAME]);
  expect(await names("tag:bill")).toEqual([]);
  expect(await names("verdict:none")).toEqual(["other"]);
  expect(await names("--", "-tag:billing")).toEqual(["other"]);
  await expect(run("list", "verdict:bat")).rejects.toThrow('did you mean "bad"?');
  expect(await run("list", "tag:billing")).toContain("bad #billing/refund");
  const shown = await run("show", NAME);
  expect(shown).toContain("✗ bad  #billing/refund\nn_1 @0:40.0 ada");
  expect(JSON.parse(await run("show", NAME, "--json"))).toMatchObject({
    sidecar: { verdict: "bad" },
  });
});

it("list names a sidecar that cannot be read, and lists its call all the same", async () => {
  writeFileSync(join(folder, `${NAME}.tags.json`), "{");
  const text = await run("list");
  expect(text).toContain(`${NAME}.tags.json`);
  expect(text).toContain("what it says is left out");
  expect(text).toContain("waited 0.99 s");
  process.exitCode = undefined;
});
