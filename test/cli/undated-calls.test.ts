import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import type { CallStatistics } from "../../src/insight/index.js";
import { keepOutput } from "../support/keep-output.js";

const RESPONSE = "test/import/fixtures/deepgram-response.json";
let folder: string;
async function run(command: string, ...args: string[]): Promise<string> {
  const terminal = keepOutput();
  const line = [command, command === "import" ? "--to" : "--directory", folder, ...args];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  return terminal.out.join("\n");
}
const json = async <T>(command: string, ...args: string[]): Promise<T> =>
  JSON.parse(await run(command, "--json", ...args)) as T;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-undated-"));
  await run("import", RESPONSE, "--channels", "user,agent");
});
afterAll(() => rmSync(folder, { recursive: true }));

it("`talktrace list`, `summary` and `show` say that a call imported from Deepgram has no date", async () => {
  for (const command of ["list", "summary", "show"]) {
    const text = await run(command);
    expect([command, text]).toEqual([command, expect.stringContaining("no date")]);
    expect([command, text]).toEqual([command, expect.not.stringContaining("1970")]);
  }
});

it("`talktrace stats` counts the waits of a call without a date, but for no day", async () => {
  const statistics = await json<CallStatistics>("stats", "--by", "day");
  expect(statistics).toMatchObject({ calls: 1, trend: [], e2e_s: { n: 1 } });
  expect(statistics).not.toHaveProperty("from");
  expect(statistics).not.toHaveProperty("to");
  expect(statistics.groups.map(({ key }) => key)).toEqual(["(unknown)"]);
});

it("a call without a date is in no stretch of time, and its messages keep their moments", async () => {
  for (const query of ["since:1960-01-01", "until:2099-01-01"])
    expect(await json("list", query)).toEqual([]);
  const found = await json<{ hits: { at_s: number }[] }[]>("search", "parcel");
  expect(found[0]?.hits.some(({ at_s }) => at_s > 0)).toBe(true);
});
