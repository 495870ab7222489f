import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

import { onTestFinished } from "vitest";

export interface FaultyCalls {
  /** From here on the process's calls do what they should. */
  end(): Promise<void>;
}

/** Whether calls of other processes can be made to fail; says why not, where they cannot. */
export function canInjectFaults(): boolean {
  // Tracing a process that is no child of the tracer takes root on most systems.
  const isRoot = process.getuid?.() === 0;
  if (isRoot && spawnSync("strace", ["-V"]).status === 0) return true;
  process.stderr.write("not run: faults of system calls need strace and root\n");
  return false;
}

/**
 * Makes system calls of a running process fail or hang: `fault` as in strace's `inject=`, e.g.
 * `write,writev:error=EIO`, only for `path` where that is given. The calls are written to `log`.
 */
export async function injectFault(
  { pid = 0 }: ChildProcess,
  fault: string,
  path?: string,
  log = "/dev/null",
): Promise<FaultyCalls> {
  const [calls = ""] = fault.split(":");
  const only = path === undefined ? [] : ["-P", path];
  const args = ["-f", "-o", log, ...only, "-e", `trace=${calls}`, "-e", `inject=${fault}`];
  const tracer = spawn("strace", [...args, "-p", String(pid)], { stdio: "ignore" });
  onTestFinished(() => {
    tracer.kill("SIGKILL");
  });
  // It is attached to the process when it is attached to its last thread.
  while (!readdirSync(`/proc/${pid}/task`).every((task) => isTraced(task, tracer.pid))) {
    if (tracer.exitCode !== null) throw new Error(`strace ended with ${tracer.exitCode}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    async end() {
      const ended = once(tracer, "exit");
      tracer.kill("SIGINT");
      await ended;
    },
  };
}

function isTraced(task: string, tracerPid: number | undefined): boolean {
  const status = readFileSync(`/proc/${task}/status`, "utf8");
  return status.includes(`TracerPid:\t${tracerPid}\n`);
}
