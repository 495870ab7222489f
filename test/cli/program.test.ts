import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { keepOutput } from "../support/keep-output.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-program-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("every command takes --json, has its own help, and refuses an option that it does not know", async () => {
  for (const command of (await createProgram(keepOutput())).commands) {
    const name = command.name();
    // commander looks for a missing option before it looks for an unknown one.
    const needed = command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long, argChoices }) => [long ?? "", argChoices?.[0] ?? "1"]);
    const terminal = keepOutput();
    await expect(
      (await createProgram(terminal)).parseAsync([name, "--help"], { from: "user" }),
    ).rejects.toThrow("(outputHelp)");
    expect(terminal.out.join("\n")).toContain("--json");
    await expect(
      (await createProgram(terminal)).parseAsync([name, ...needed, "--no-such\u001b[2J"], {
        from: "user",
      }),
    ).rejects.toThrow("unknown option");
    expect(terminal.err.join("\n")).toContain("(talktrace --help tells what there is)");
  }
});

it("commands that read conversations take another source, and say that an address has none", async () => {
  const terminal = keepOutput();
  const run = async (...args: string[]) =>
    (await createProgram(terminal)).parseAsync(args, { from: "user" });
  await run("latency", "--source", "conversations", "--json");
  expect(JSON.parse(terminal.out[0] ?? "")).toMatchObject([{ key: "all" }]);
  await expect(run("show", "--source", "gopher://x")).rejects.toThrow(
    "there is no source for gopher addresses",
  );
  await expect(run("show", "--source", folder)).rejects.toThrow(`there is none in "${folder}"`);
});
