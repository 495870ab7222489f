import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

/** A test that fails, or runs out of time, leaves no process behind. */
const running = new Set<ChildProcess>();
afterAll(() => running.forEach((child) => child.kill("SIGKILL")));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The built command line in a process of its own, as users run it. */
export interface CliProcess {
  child: ChildProcess;
  /** Resolves with the first line of either output that fits; rejects when the process ends before. */
  line(fits: RegExp): Promise<string>;
  /** Every whole line of stdout so far. */
  printed(): string[];
  ended: Promise<Ended>;
}

/** With `stdoutFile`, an open file, the output goes there and is not seen here. */
export function startCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdoutFile?: number,
): CliProcess {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, OTEL_TRACES_EXPORTER: "none", ...env },
    stdio: ["ignore", stdoutFile ?? "pipe", "pipe"],
  });
  running.add(child);
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  const notify = () => watchers.forEach((watch) => watch());
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    notify();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    notify();
  });
  let hasEnded = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      hasEnded = true;
      running.delete(child);
      resolve({ code, signal, stdout, stderr });
      notify();
    });
  });
  return {
    child,
    ended,
    printed: () => stdout.split("\n").slice(0, -1),
    line: (fits) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          const found = `${stdout}\n${stderr}`.split("\n").find((line) => fits.test(line));
          if (found !== undefined) {
            watchers.delete(watch);
            resolve(found);
          } else if (hasEnded) {
            watchers.delete(watch);
            reject(
              new Error(
                `The process ended before a line like ${String(fits)}:\n${stdout}\n${stderr}`,
              ),
            );
          }
        };
        watchers.add(watch);
        watch();
      }),
  };
}
