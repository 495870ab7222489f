import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { EXIT_CODES, type ProgramDescription } from "../../src/cli/describe-program.js";
import { createProgram, parseCommandLine } from "../../src/cli/program.js";
import { keepOutput } from "../support/keep-output.js";

async function describe(...args: string[]): Promise<ProgramDescription> {
  const terminal = keepOutput();
  await parseCommandLine(terminal, args);
  expect(terminal.err).toEqual([]);
  return JSON.parse(terminal.out.join("")) as ProgramDescription;
}

it("`talktrace --help --json` describes every command with its arguments, options and exit codes", async () => {
  const { name, commands } = await describe("--help", "--json");
  expect(name).toBe("talktrace");
  const program = await createProgram(keepOutput());
  expect(commands.map((command) => command.name)).toEqual(
    program.commands.map((command) => command.name()),
  );
  for (const command of commands) {
    expect(command.description, command.name).not.toBe("");
    expect(Object.keys(command.exit_codes), command.name).toEqual(
      expect.arrayContaining(Object.keys(EXIT_CODES)),
    );
    expect(
      command.options.map(({ flags }) => flags),
      command.name,
    ).toEqual(expect.arrayContaining(["--json", "--jsonl"]));
    for (const { description } of [...command.arguments, ...command.options])
      expect(description, command.name).not.toBe("");
  }
});

it("`talktrace COMMAND --help --json` describes that command alone, and nothing after -- counts", async () => {
  expect((await describe("show", "--json", "--help")).commands.map(({ name }) => name)).toEqual([
    "show",
  ]);
  const terminal = keepOutput();
  await expect(
    parseCommandLine(terminal, ["search", "--source", "gopher://x", "--", "--help", "--json"]),
  ).rejects.toThrow("there is no source for gopher addresses");
});

it("the help of the program and of each command ends with its exit codes and examples", async () => {
  const terminal = keepOutput();
  await expect(parseCommandLine(terminal, ["--help"])).rejects.toThrow("(outputHelp)");
  expect(terminal.out.join("\n")).toContain("Exit codes:");
});

it("`--jsonl` prints a line of JSON for each item, and the whole where there is one", async () => {
  const terminal = keepOutput();
  const run = (...args: string[]) => parseCommandLine(terminal, args);
  await run("list", "--jsonl", "--directory", "conversations");
  const lines = terminal.out.map((line) => JSON.parse(line) as { name: string });
  expect(lines.map(({ name }) => name)).toContain("sample-parcel-desk");
  await run("show", "--jsonl", "conversations/sample-parcel-desk.json");
  expect(JSON.parse(terminal.out.at(-1) ?? "")).toMatchObject({ format: 2 });
});

/** The module and all that it imports before it runs. What `import()` loads later is not among them. */
function loadsAtOnce(url: URL, found = new Set<string>()): Set<string> {
  if (found.has(url.href)) return found;
  found.add(url.href);
  const code = readFileSync(fileURLToPath(url), "utf8");
  for (const [, specifier = ""] of code.matchAll(/^(?:import|export)\b[^;]*?"(\.[^"]+)";/gm))
    loadsAtOnce(new URL(specifier, url), found);
  return found;
}

it("the program's help loads no command and no reader of calls, because people wait for it", () => {
  const dist = new URL("../../dist/src/", import.meta.url);
  const loaded = [...loadsAtOnce(new URL("cli/main.js", dist))].map((url) =>
    url.slice(dist.href.length),
  );
  expect(loaded).toContain("cli/commands/index.js");
  const others = /-command\.js$|^(?:source|store|demo|config|insight)\//;
  expect(loaded.filter((path) => others.test(path)).toSorted()).toEqual([
    "cli/run-command.js",
    "insight/query/query-error.js",
  ]);
});

it("a command reads the same in the program's help whether or not it is loaded", async () => {
  const texts = await Promise.all(
    [[], undefined].map(async (wanted) =>
      (await createProgram(keepOutput(), wanted)).helpInformation(),
    ),
  );
  expect(texts[0]).toContain("list [options] [query...]");
  expect(texts[0]).toBe(texts[1]);
});
