/**
 * Parses a file by Node and by Python while its writer publishes it as fast as it can. Each parse
 * must find a whole document, and never an older one than the parse before.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { runCommand, startChild } from "./parts/child.mjs";

/** How many of the parses must find another version than the one before. */
const LEAST_VERSIONS = 1 / 500;

export const name = "concurrent-parses";
export const counts = { quick: 40_000, full: 1_000_000 };

export async function* run({ count, folder, report }) {
  const parsers = [
    { parser: "Node", command: process.execPath, program: "parser.mjs" },
    { parser: "Python", command: "python3", program: "parser.py" },
  ];
  const directory = join(folder, "published");
  mkdirSync(directory);
  let published = 0;
  const publisher = startChild(
    "publisher.mjs",
    { directory },
    { onLine: (line) => (published = Number(line)) },
  );
  const rows = await Promise.all(
    parsers.map(async ({ parser, command, program }) => {
      const row = `parsed by ${parser} while it is published`;
      if (spawnSync(command, ["--version"], { stdio: "ignore" }).status !== 0) {
        return { row, skipped: `${command} is not installed` };
      }
      const path = join(import.meta.dirname, "parts", program);
      const args = [path, directory, String(count)];
      const onErrors = (text) => report(Number(text.trim().split("\n").at(-1)), count, parser);
      const outcome = await runCommand(command, args, { timeoutMs: 0, onErrors });
      if (outcome.code !== 0)
        return { row, count: 0, facts: {}, failures: [outcome.stderr.slice(-2000)] };
      const { parses, versions, failures } = JSON.parse(outcome.stdout);
      // If the file hardly changes, the parses prove nothing.
      if (versions < count * LEAST_VERSIONS) failures.push(`only ${versions} versions were seen`);
      return { row, count: parses, facts: { "different versions": versions }, failures };
    }),
  );
  const isAlive = publisher.child.exitCode === null && publisher.child.signalCode === null;
  publisher.child.kill("SIGKILL");
  const { errors } = await publisher.ended;
  if (!isAlive) rows[0].failures?.push(`the writer has ended: ${errors}`);
  if (rows[0].facts !== undefined) rows[0].facts["publishes meanwhile"] = published;
  yield* rows;
}
