import { Buffer } from "node:buffer";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RecoveryReport, recoverConversations } from "../../src/store/index.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
const NAME = "conversation_20260101_090000";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-unreachable-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Case {
  what: string;
  /** The name of the call, as Node reads it. */
  name: string;
  plant(): void;
  fact: string;
  wayOut: string;
}

const CASES: Case[] = [
  {
    what: "is a link to nothing",
    name: NAME,
    plant: () => symlinkSync("/nowhere/at.all", join(folder, `${NAME}.journal`)),
    fact: "it is a link, and what it leads to is not there",
    wayOut: "bring back what the link leads to, or remove the link",
  },
  {
    what: "has a name that is not UTF-8",
    name: `${NAME}\ufffd`,
    plant() {
      const name = [Buffer.from(`${folder}/${NAME}`), Buffer.of(0xff), Buffer.from(".journal")];
      writeFileSync(Buffer.concat(name), "00000000 {}\n");
    },
    fact: "its name is not UTF-8; rename the file to read it",
    wayOut: "give the file a name in UTF-8",
  },
];

describe.each(CASES)("a journal that $what", ({ name, plant, fact, wayOut }) => {
  it.each(["list", "latency", "stats", "verify", "recover"])(
    "is told by `talktrace %s` with the same fact",
    async (command) => {
      plant();
      const { stdout, stderr } = await runCli(command, "--directory", folder);
      expect(stdout + stderr).toContain(fact);
      expect(stdout + stderr).toContain(`"${name}.journal"`);
    },
  );

  it("is told by `talktrace show NAME` with the same fact, and the exit code 1", async () => {
    plant();
    const { code, stderr } = await runCli("show", name, "--directory", folder);
    expect(stderr).toContain(`"${name}.journal" cannot be read: ${fact}`);
    expect(code).toBe(1);
  });

  it("has its way out in `talktrace verify`, told once", async () => {
    plant();
    const { code, stdout } = await runCli("verify", "--directory", folder, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        name,
        problems: [
          { what: "journal", problem: expect.stringContaining(fact) as string, way_out: wayOut },
        ],
      },
    ]);
  });

  it("is told beside a finished document too, because newer words may be in it", async () => {
    plant();
    cpSync(SAMPLE, join(folder, `${name}.json`));
    for (const command of ["list", "latency", "show"]) {
      const { stderr } = await runCli(command, "--directory", folder);
      expect(stderr).toContain(`"${name}.journal" cannot be read: ${fact}`);
    }
    const { stdout } = await runCli("verify", "--directory", folder);
    expect(stdout).toContain(`"${name}.journal" cannot be read: ${fact}`);
  });

  it("is told by a recovery that has waited long enough for an owner", async () => {
    plant();
    const reports: RecoveryReport[] = await recoverConversations(folder, {
      foreignQuietMs: 0,
      onProblem: () => undefined,
    });
    expect(reports).toMatchObject([
      { name, problem: expect.stringContaining(`"${name}.journal": ${fact};`) as string },
    ]);
  });
});
