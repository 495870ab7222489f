import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TalkTraceConfig } from "../../src/config/index.js";
import type { CheckResult, Finding } from "../../src/insight/index.js";
import { runCli } from "../support/run-cli.js";

const NAME = "sample-parcel-desk";
const CONFIG: TalkTraceConfig = {
  rules: [
    { name: "spoke_of_neighbours", severity: "bad", when: { role: "agent", text: "neighbours" } },
  ],
  off: ["cut_off"],
  categories: [{ name: "delivery/where", when: { role: "user", text: "where my parcel" } }],
};
let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-rules-"));
  config = join(folder, "rules.config.jsonc");
  writeFileSync(config, JSON.stringify(CONFIG));
  cpSync(`conversations/${NAME}.json`, join(folder, `${NAME}.json`));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (command: string, ...args: string[]) =>
  runCli(command, "--directory", folder, "--config", config, ...args);

it("`talktrace list finding:NAME --config PATH` finds calls by a rule of one's own, also from an index", async () => {
  // What the first command may keep beside the calls has the built-in rules alone.
  const plain = await runCli("list", "--directory", folder, "--json");
  expect(JSON.parse(plain.stdout)).toMatchObject([{ worst: "warn" }]);
  for (let n = 0; n < 2; n += 1) {
    const { code, stdout } = await run("list", "finding:spoke_of_neighbours", "--json");
    expect(code).toBe(0);
    const [call] = JSON.parse(stdout) as { worst: string; findings: Finding[] }[];
    expect(call?.worst).toBe("bad");
    expect(call?.findings.map(({ rule }) => rule)).not.toContain("cut_off");
  }
  const after = await runCli("list", "--directory", folder, "--json");
  expect(after.stdout).toBe(plain.stdout);
  expect(await runCli("list", "--directory", folder, "finding:spoke_of_neighbours")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no "spoke_of_neighbours"') as string,
  });
});

it("`talktrace show`, `summary` and `check` know a rule of one's own", async () => {
  const shown = JSON.parse((await run("show", NAME, "--json")).stdout) as { findings: Finding[] };
  expect(shown.findings.map(({ rule }) => rule)).toEqual(["spoke_of_neighbours"]);
  expect((await run("summary", NAME)).stdout).toContain('The rule "spoke_of_neighbours" fits.');
  const { code, stdout } = await run("check", "--max", "spoke_of_neighbours=0", "--json");
  expect(code).toBe(1);
  expect((JSON.parse(stdout) as CheckResult).limits).toMatchObject([
    { value: 1, outcome: "failed" },
  ]);
});

it("`talktrace tag --rules` gives calls their categories, once, and `tag:` finds them", async () => {
  expect(await run("tag", "--rules")).toMatchObject({
    code: 0,
    stdout: `${NAME}\n#delivery/where\n`,
  });
  expect(await run("tag", "--rules")).toMatchObject({ code: 0, stdout: "" });
  expect((await run("list", "tag:delivery")).stdout).toContain("#delivery/where");
  expect(await runCli("tag", "--rules", "--directory", folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no talktrace.config.json here") as string,
  });
});

it("a config that cannot be used ends every command that reads calls with its path and line, and changes nothing", async () => {
  writeFileSync(config, '{\n  "rulez": []\n}');
  for (const command of [["list"], ["show", NAME], ["check"], ["tag", "--rules"]]) {
    const { code, stdout, stderr } = await run(command[0]!, ...command.slice(1));
    expect([code, stdout]).toEqual([command[0] === "check" ? 2 : 1, ""]);
    expect(stderr).toContain(`${config}:2:12: /rulez is no key that there is`);
  }
  expect(await runCli("list", "--config", join(folder, "none.json"))).toMatchObject({ code: 1 });
  expect(readFileSync(config, "utf8")).toContain("rulez");
});
