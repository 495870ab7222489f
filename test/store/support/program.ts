import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

export interface RunningProgram {
  child: ChildProcess;
  /** The lines that it has printed so far. */
  lines: string[];
  /** Resolves with its next line. */
  nextLine: () => Promise<string>;
  /** Resolves when it has ended and everything that it printed was read. */
  ended: Promise<void>;
}

/** Starts one of the programs beside this file, which use the built package. */
export function startProgram(fileName: string, ...args: string[]): RunningProgram {
  const path = fileURLToPath(new URL(fileName, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const reader = createInterface({ input: child.stdout });
  const lines: string[] = [];
  reader.on("line", (line) => lines.push(line));
  const ended = Promise.all([once(reader, "close"), once(child, "exit")]).then(() => undefined);
  return {
    child,
    lines,
    async nextLine() {
      const [line] = (await once(reader, "line")) as [string];
      return line;
    },
    ended,
  };
}
