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
  const program = createProgram(keepOutput());
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
  expect(JSON.parse(terminal.out.at(-1) ?? "")).toMatchObject({ format: 1 });
});
