import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SHELLS, completeWords, writeCompletion } from "../../src/cli/completion.js";
import { describeProgram } from "../../src/cli/describe-program.js";
import { createProgram } from "../../src/cli/program.js";
import { keepOutput } from "../support/keep-output.js";

const CLI = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const PROGRAM = describeProgram(await createProgram(keepOutput()));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-completion-"));
  writeFileSync(join(folder, "talktrace"), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  chmodSync(join(folder, "talktrace"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash has in COMPREPLY after these words and a tab. */
function completeInBash(...words: string[]): string[] {
  const script = `${writeCompletion("bash")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _talktrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script, "bash", "talktrace", ...words], {
    encoding: "utf8",
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

it("bash completes commands, options, their values and names of calls", () => {
  expect(completeInBash("sh")).toEqual(["show"]);
  expect(completeInBash("list", "--lim")).toEqual(["--limit"]);
  expect(completeInBash("latency", "--by", "h")).toEqual(["hour"]);
  expect(completeInBash("verdict", "sample-p")).toEqual(["sample-parcel-desk"]);
});

it("bash runs nothing of what was typed before the tab", () => {
  const planted = join(folder, "planted");
  expect(completeInBash("show", `$(touch ${planted})`)).toEqual([]);
  expect(completeInBash("show", `\`touch ${planted}\``, "; touch", "")).toContain(
    "sample-parcel-desk",
  );
  expect(spawnSync("ls", [planted]).status).not.toBe(0);
});

it("every shell that is installed takes its script", () => {
  const statuses = SHELLS.map((shell) =>
    spawnSync(shell, ["-n"], { input: writeCompletion(shell) }),
  );
  const found = statuses.filter(({ error }) => error === undefined);
  expect(found.length).toBeGreaterThan(0);
  expect(found.map(({ status, stderr }) => [status, stderr.toString()])).toEqual(
    found.map(() => [0, ""]),
  );
});

it("every command and every option is completed, and names of calls only where one may stand", async () => {
  expect(await completeWords(PROGRAM, [""], () => Promise.resolve([]))).toEqual(
    expect.arrayContaining(PROGRAM.commands.map(({ name }) => name)),
  );
  const never = () => {
    throw new Error("names were asked for");
  };
  for (const { name, options } of PROGRAM.commands)
    for (const flag of options.flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? []))
      expect(await completeWords(PROGRAM, [name, flag], never)).toContain(flag);
  expect(await completeWords(PROGRAM, ["recover", ""], never)).toEqual([]);
  expect(await completeWords(PROGRAM, [], never)).toContain("show");
});
