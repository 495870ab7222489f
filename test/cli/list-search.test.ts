import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { type CallSummary, parseQuery, summarizeCall } from "../../src/insight/index.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";

const CALLS = 40;
let folder: string;
const summaries: CallSummary[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-list-"));
  for (let seed = CALLS; seed >= 1; seed -= 1) {
    const name = `conversation_20260101_0900${String(seed).padStart(2, "0")}`;
    const { conversation } = generateCall(seed, false);
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(conversation));
    summaries.push(summarizeCall(name, conversation));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const terminal = keepOutput();
  const [command = "", ...rest] = args;
  const line = [command, "--directory", folder, ...rest];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  return terminal;
}

it.each(["", "finding:bad", "e2e:>1s -finding:any", "meter", "lang:de role:user", "tool:failed"])(
  "list and search give the calls that fit %j, the newest first",
  async (query) => {
    const { fits } = parseQuery(query);
    const expected = summaries.filter(fits).map(({ name }) => name);
    const terms = query === "" ? [] : [query];
    const listed = await run("list", "--json", "--limit", "100", ...terms);
    expect((JSON.parse(listed.out.join("")) as CallSummary[]).map(({ name }) => name)).toEqual(
      expected,
    );
    const sought = query === "" ? "-zzz" : query;
    const found = await run("search", "--json", "--limit", "100", "--", sought);
    expect((JSON.parse(found.out.join("")) as CallSummary[]).map(({ name }) => name)).toEqual(
      expected,
    );
  },
);

it("list prints a line a call with the worst of what is to be known, and no more than it was asked for", async () => {
  const { out } = await run("list", "finding:bad", "--limit", "3");
  const lines = (out[0] ?? "").split("\n");
  expect(lines).toHaveLength(3);
  for (const line of lines)
    expect(line).toMatch(
      /◆.* \d{4}-\d{2}-\d{2} \d\d:\d\d .* s  waited .*conversation_.*\.$|\+\d+/u,
    );
});

it("search prints hits with the name and moment that show takes", async () => {
  const { out } = await run("search", "meter", "role:user");
  const [line = ""] = (out[0] ?? "").split("\n");
  const [place = ""] = line.split("  ");
  expect(place).toMatch(/^conversation_\d+_\d+@\d+:\d\d\.\d$/);
  const shown = await run("show", place);
  expect(shown.out[0]).toContain("meter");
});

it("list and search say on stderr that nothing fits, and refuse a field that is none", async () => {
  expect((await run("list", "zzzz")).err).toEqual(["No call fits"]);
  expect((await run("search", "zzzz")).err).toEqual(["Nothing was found"]);
  await expect(run("list", "sinse:7d")).rejects.toThrow('did you mean "since"?');
});
